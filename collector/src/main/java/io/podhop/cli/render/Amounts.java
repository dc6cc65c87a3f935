package io.podhop.cli.render;

/** Numbers in four characters: {@code 0}, {@code 999}, {@code 1.2k}, {@code 34M}, {@code 2.0G}. */
final class Amounts {
  private static final String UNITS = "kMGTPE";

  private Amounts() {}

  static String of(long amount) {
    if (amount < 1_000) {
      return Long.toString(Math.max(0, amount));
    }
    long scale = 1_000;
    int unit = 0;
    // 999.5 rounds up to a thousand of its unit, which is one of the next.
    while (unit < UNITS.length() - 1 && amount / scale * 2 >= 1_999 || rounds(amount, scale)) {
      scale *= 1_000;
      unit++;
    }
    long tenths = Math.round(amount / (scale / 10.0));
    String value =
        tenths < 100 ? tenths / 10 + "." + tenths % 10 : Long.toString(Math.round(tenths / 10.0));
    return value + UNITS.charAt(unit);
  }

  private static boolean rounds(long amount, long scale) {
    return scale < 1_000_000_000_000_000_000L && Math.round(amount / (scale / 10.0)) >= 9_995;
  }
}

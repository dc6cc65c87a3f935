package io.podhop.cli.render;

import java.util.Locale;

/** Constants of the model as they are spelled in JSON: {@code policy-rule}. */
final class Words {
  private Words() {}

  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

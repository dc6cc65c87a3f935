package io.podhop.agent.route;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.regex.Matcher;

/** The words of one line, taken one after the other. */
final class Words {
  private static final long U32_MAX = 0xffff_ffffL;

  private final List<String> words;
  private int at;

  Words(String line) {
    this.words = line.isBlank() ? List.of() : List.of(line.strip().split("\\s+"));
  }

  boolean hasNext() {
    return at < words.size();
  }

  /** The word after the next {@code ahead} words; empty behind the last. */
  String peek(int ahead) {
    return at + ahead < words.size() ? words.get(at + ahead) : "";
  }

  String next() throws UnreadableLineException {
    if (!hasNext()) {
      throw new UnreadableLineException("the line ends too early");
    }
    return words.get(at++);
  }

  /** Takes the next word if it is this one. */
  boolean take(String word) {
    boolean found = peek(0).equals(word);
    at += found ? 1 : 0;
    return found;
  }

  void skip(int count) throws UnreadableLineException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  /** 0 to 4294967295 as 32 bits. */
  int unsignedNumber() throws UnreadableLineException {
    return unsigned(next());
  }

  static int unsigned(String word) throws UnreadableLineException {
    boolean hexadecimal = word.matches("0x[0-9a-fA-F]{1,8}");
    if (!hexadecimal && !word.matches("\\d{1,10}")) {
      throw new UnreadableLineException("not a number: " + word);
    }
    long number = hexadecimal ? Long.decode(word) : Long.parseLong(word);
    if (number > U32_MAX) {
      throw new UnreadableLineException("too large: " + word);
    }
    return (int) number;
  }

  IpAddress address() throws UnreadableLineException {
    String word = next();
    return IpAddress.tryParse(word)
        .orElseThrow(() -> new UnreadableLineException("not an address: " + word));
  }

  Cidr range() throws UnreadableLineException {
    String word = next();
    return Cidr.tryParse(word)
        .orElseThrow(() -> new UnreadableLineException("not a range: " + word));
  }

  /** What a group matched; empty when it took no part. */
  static String group(Matcher matcher, int number) {
    return Objects.requireNonNullElse(matcher.group(number), "");
  }

  static int known(OptionalInt number, String what) throws UnreadableLineException {
    return number.orElseThrow(() -> new UnreadableLineException("unknown " + what));
  }
}

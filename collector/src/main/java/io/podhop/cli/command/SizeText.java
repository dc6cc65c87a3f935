package io.podhop.cli.command;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Sizes in bytes with decimal units: {@code 500kB}, {@code 64MB}, {@code 1G}, {@code 4096}. */
final class SizeText implements ITypeConverter<Long> {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kKmMgG]?)[bB]?");

  @Override
  public Long convert(String value) {
    Matcher size = SIZE.matcher(value);
    if (!size.matches()) {
      throw new TypeConversionException("'" + value + "' is no size; write 500kB or 64MB");
    }
    long unit =
        switch (value.substring(size.start(2), size.end(2))) {
          case "k", "K" -> 1_000;
          case "m", "M" -> 1_000_000;
          case "g", "G" -> 1_000_000_000;
          default -> 1;
        };
    return Long.parseLong(value.substring(size.start(1), size.end(1))) * unit;
  }
}

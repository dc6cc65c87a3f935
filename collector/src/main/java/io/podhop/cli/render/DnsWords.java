package io.podhop.cli.render;

/** Numbers of IANA's DNS parameters as dig spells them. */
final class DnsWords {
  private DnsWords() {}

  static String type(int type) {
    return switch (type) {
      case 1 -> "A";
      case 2 -> "NS";
      case 5 -> "CNAME";
      case 6 -> "SOA";
      case 12 -> "PTR";
      case 15 -> "MX";
      case 16 -> "TXT";
      case 28 -> "AAAA";
      case 33 -> "SRV";
      case 64 -> "SVCB";
      case 65 -> "HTTPS";
      case 255 -> "ANY";
      default -> "TYPE" + type;
    };
  }
}

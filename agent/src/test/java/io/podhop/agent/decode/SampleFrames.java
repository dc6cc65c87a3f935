package io.podhop.agent.decode;

import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.icmp;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.record;
import static io.podhop.agent.decode.Frames.segment;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;

import java.util.List;

/** One Ethernet frame of each kind that the decoder tells apart; none above 512 bytes. */
public final class SampleFrames {
  public static final int MAX_LENGTH = 512;

  static final byte[] TCP_SYN = tcp(1, 2, 3, 4, 2, hex("020405b4 0402 0101"));
  static final byte[] SACK =
      segment(
          40000,
          443,
          0x10,
          hex("0101080a 00000001 00000002 0101 0512 00000064 000000c8 0000012c 00000190"),
          new byte[0]);
  static final byte[] DNS_RESPONSE =
      Frames.dnsResponse(
          0x8180,
          "www.example.com",
          1,
          record(5, 300, hex("03 637376 c010")),
          record(1, 60, hex("cb00710a")),
          record(28, 61, hex("20010db8000000000000000000000001")));
  static final byte[] QUIC =
      Frames.quicInitial(0xc3, 1, hex("0102030405060708"), hex("0a0b0c0d"), 100);
  static final byte[] INNER = ethernet(ip("10.244.1.2", "10.244.2.3", 6, TCP_SYN));

  public static final List<byte[]> ALL =
      List.of(
          ethernet(ip("10.0.0.1", "10.0.0.2", 6, TCP_SYN)),
          ethernet(ip("fd00::1", "fd00::2", 6, tcp(1, 2, 3, 4, 16, new byte[90]))),
          ethernet(ip("10.0.0.1", "10.0.0.2", 17, udp(4, 53, Frames.dns(1, 256, "a.bc.de", 1)))),
          ethernet(
              ip(
                  "10.0.0.9",
                  "10.0.0.1",
                  1,
                  icmp(3, 4, 1500, ip("10.0.0.1", "10.0.0.2", 17, udp(4, 53, new byte[20]))))),
          ethernet(
              ip(
                  "fd00::1",
                  "fd00::2",
                  0,
                  join(hex("2c00010400000000 1100000100000001"), udp(1, 2, new byte[9])))),
          tagged(0x8100, 7, 0x0800, ip("10.0.0.1", "10.0.0.2", 1, Frames.echo(8, 1, 2))),
          tagged(0x88a8, 100, 0x8100, join(hex("0009 0800"), ip("10.0.0.1", "10.0.0.2", 6, SACK))),
          ethernet(ip("10.0.0.2", "10.0.0.1", 17, udp(53, 4000, DNS_RESPONSE))),
          ethernet(
              ip(
                  "fd00::2",
                  "fd00::1",
                  6,
                  segment(53, 4000, 0x18, new byte[0], Frames.prefixed(DNS_RESPONSE)))),
          ethernet(ip("10.0.0.1", "10.0.0.2", 17, udp(5000, 443, QUIC))),
          ethernet(ip("192.0.2.1", "192.0.2.2", 17, udp(33333, 4789, vxlan(INNER)))),
          ethernet(
              ip(
                  "fd00::a",
                  "fd00::b",
                  17,
                  udp(
                      33333,
                      8472,
                      vxlan(
                          tagged(
                              0x8100,
                              5,
                              0x0800,
                              ip("10.0.0.2", "10.0.0.1", 17, udp(53, 4000, DNS_RESPONSE))))))),
          ethernet(ip("192.0.2.1", "192.0.2.2", 4, ip("10.0.0.1", "10.0.0.2", 6, SACK))),
          ethernet(
              ip("192.0.2.1", "192.0.2.2", 41, ip("fd00::1", "fd00::2", 17, udp(5, 6, QUIC)))));

  private SampleFrames() {}

  private static byte[] vxlan(byte[] frame) {
    return Frames.vxlan(8, 4242, frame);
  }
}

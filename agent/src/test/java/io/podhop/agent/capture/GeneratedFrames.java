package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.dns;
import static io.podhop.agent.decode.Frames.dnsResponse;
import static io.podhop.agent.decode.Frames.echo;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.prefixed;
import static io.podhop.agent.decode.Frames.quicInitial;
import static io.podhop.agent.decode.Frames.record;
import static io.podhop.agent.decode.Frames.segment;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.u16;
import static io.podhop.agent.decode.Frames.u32;
import static io.podhop.agent.decode.Frames.udp;
import static io.podhop.agent.decode.Frames.vxlan;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Frames of every carrier around every payload, with seeded random values. */
final class GeneratedFrames {
  private static final int CARRIERS = 9;
  private static final int PAYLOADS = 7;
  private static final String[] NODES = {"192.0.2.1", "192.0.2.2"};
  private static final String[] NODES6 = {"2001:db8::1", "2001:db8::2"};

  private final Random random;

  /**
   * Each packet its own connection, since tshark keeps state by tuple, on ports that it gives no
   * protocol to.
   */
  private int port = 60_000;

  private GeneratedFrames(long seed) {
    this.random = new Random(seed);
  }

  /** {@code rounds} frames of every combination. */
  static List<byte[]> all(long seed, int rounds) {
    GeneratedFrames generated = new GeneratedFrames(seed);
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < rounds * CARRIERS * PAYLOADS * 2; i++) {
      boolean ipv6 = i % 2 == 1;
      byte[] packet = generated.packet(i / 2 % PAYLOADS, ipv6);
      frames.add(generated.carried(i / 2 / PAYLOADS % CARRIERS, packet, ipv6));
    }
    return frames;
  }

  private byte[] carried(int carrier, byte[] packet, boolean ipv6) {
    int type = ipv6 ? 0x86dd : 0x0800;
    int tag = 1 + random.nextInt(4094);
    byte[] behindTag = join(u16(tag), u16(type), packet);
    return switch (carrier) {
      case 0 -> ethernet(packet);
      case 1 -> tagged(0x8100, 0x2000 | tag, type, packet);
      case 2 -> tagged(0x88a8, 1 + random.nextInt(4094), 0x8100, behindTag);
      case 3 -> inVxlan(NODES, 4789, ethernet(packet));
      case 4 -> inVxlan(NODES6, 8472, ethernet(packet));
      case 5 -> inVxlan(NODES, 8472, ethernet(0x8100, behindTag));
      case 6 -> inVxlan(NODES6, 4789, ethernet(0x88a8, join(u16(7), u16(0x8100), behindTag)));
      case 7 -> ethernet(ip(NODES[0], NODES[1], ipv6 ? 41 : 4, packet));
      default -> ethernet(ip(NODES6[0], NODES6[1], ipv6 ? 41 : 4, packet));
    };
  }

  private byte[] inVxlan(String[] nodes, int to, byte[] frame) {
    byte[] payload = vxlan(8, random.nextInt(1 << 24), frame);
    return ethernet(ip(nodes[0], nodes[1], 17, udp(50_000 + random.nextInt(9000), to, payload)));
  }

  private byte[] packet(int payload, boolean ipv6) {
    port++;
    return switch (payload) {
      case 0 -> packet(6, ipv6, segment(port, 8080, 0x10, sack(), new byte[random.nextInt(40)]));
      case 1 -> packet(17, ipv6, udp(port, 9999, new byte[random.nextInt(40)]));
      case 2 -> packet(17, ipv6, udp(port, 53, dns(port, 0x0100, name(), 28)));
      case 3 -> packet(17, ipv6, udp(53, port, response()));
      case 4 -> packet(6, ipv6, segment(53, port, 0x18, timestamps(), prefixed(response())));
      case 5 -> packet(17, ipv6, udp(port, 443, initial()));
      default -> packet(ipv6 ? 58 : 1, ipv6, echo(ipv6 ? 128 : 8, port, random.nextInt(65536)));
    };
  }

  private byte[] packet(int protocol, boolean ipv6, byte[] payload) {
    int host = random.nextInt(250);
    return ipv6
        ? ip("fd00::" + Integer.toHexString(host), "fd00::ffff", protocol, payload)
        : ip("10.0.1." + host, "10.0.2.1", protocol, payload);
  }

  private byte[] timestamps() {
    return join(hex("0101080a"), u32(random.nextInt()), u32(random.nextInt()));
  }

  /** One to four blocks, of which one leaves no room for timestamps. */
  private byte[] sack() {
    int blocks = 1 + random.nextInt(4);
    byte[] options = blocks < 4 ? timestamps() : new byte[0];
    options = join(options, hex("0101 05"), new byte[] {(byte) (2 + 8 * blocks)});
    for (int i = 0; i < blocks; i++) {
      options = join(options, u32(random.nextInt()), u32(random.nextInt()));
    }
    return options;
  }

  private String name() {
    return "n" + random.nextInt(1000) + ".shop.svc";
  }

  private byte[] response() {
    List<byte[]> records = new ArrayList<>();
    records.add(record(5, 30, hex("03 637376 c00c")));
    for (int i = random.nextInt(4); i > 0; i--) {
      byte[] address = new byte[random.nextBoolean() ? 4 : 16];
      random.nextBytes(address);
      address[0] = 0x20;
      records.add(record(address.length == 4 ? 1 : 28, random.nextInt(1 << 20), address));
    }
    int flags = 0x8180 | (random.nextBoolean() ? 0x0200 : 0) | random.nextInt(4);
    return dnsResponse(flags, name(), 1, records.toArray(byte[][]::new));
  }

  private byte[] initial() {
    byte[] destinationId = new byte[8 + random.nextInt(13)];
    random.nextBytes(destinationId);
    byte[] sourceId = new byte[random.nextInt(21)];
    random.nextBytes(sourceId);
    return switch (random.nextInt(3)) {
      case 0 -> quicInitial(0xc3, 1, destinationId, sourceId, 200);
      case 1 -> quicInitial(0xd1, 0x6b33_43cfL, destinationId, sourceId, 200);
      default -> quicInitial(0xc0, 0xff00_001dL, destinationId, sourceId, 200);
    };
  }
}

package io.podhop.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Rtt;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import java.util.stream.Stream;

/** What must be true of every table at any time. */
final class TableCheck {
  private TableCheck() {}

  /** Every connection is found by its key, is in one list, and no bucket leads elsewhere. */
  static void assertConsistent(FlowTable table) {
    FlowTable.Parts parts = table.parts();
    Slot slot = new Slot();
    FlowProbe key = new FlowProbe();
    int used = 0;
    for (int number = 0; number < parts.slots().high(); number++) {
      parts.slots().at(number, slot);
      if (slot.evictionClass() != 0) {
        used++;
        slot.fill(key);
        assertThat(parts.index().find(key)).isEqualTo(number);
      }
    }
    assertThat(used).isEqualTo(table.size()).isEqualTo(parts.index().count());
    int listed = 0;
    for (int list = 1; list <= 3; list++) {
      int count = parts.lists().count(list);
      assertThat(count).as("links of list " + list).isNotNegative();
      listed += count;
    }
    assertThat(listed).isEqualTo(used);
  }

  static void assertSane(FlowRecord record) {
    assertThat(record.lastNs()).isGreaterThanOrEqualTo(record.firstNs());
    assertThat(
            Stream.of(record.request(), record.reply())
                .flatMap(t -> Stream.of(t.packets(), t.bytes(), t.payloadBytes())))
        .allSatisfy(number -> assertThat(number).isNotNegative());
    assertThat(record.kinds()).allSatisfy(seen -> assertThat(seen.copies()).isPositive());
    record.tcp().ifPresent(TableCheck::assertSane);
    record
        .dns()
        .ifPresent(
            dns -> {
              assertThat(dns.latencyNs()).isGreaterThanOrEqualTo(-1);
              assertThat(dns.queries()).isNotNegative();
            });
  }

  private static void assertSane(TcpQuality tcp) {
    assertThat(Stream.of(tcp.handshakeNs(), tcp.handshakeAckNs(), tcp.firstByteNs()))
        .allSatisfy(ns -> assertThat(ns).isGreaterThanOrEqualTo(-1));
    for (TcpHalf half : new TcpHalf[] {tcp.client(), tcp.server()}) {
      Rtt rtt = half.rtt();
      assertThat(
              Stream.of(
                  half.maxWindowBytes(),
                  half.retransmits(),
                  half.timeouts(),
                  half.duplicateAcks(),
                  half.outOfOrder(),
                  half.zeroWindows(),
                  half.unseenBytes(),
                  rtt.count(),
                  rtt.minNs()))
          .allSatisfy(number -> assertThat(number).isNotNegative());
      assertThat(half.windowScale()).isBetween(-1, 14);
      assertThat(rtt.meanNs()).isBetween(rtt.minNs(), rtt.maxNs());
    }
  }
}

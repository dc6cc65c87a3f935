package io.podhop.collector.stitch;

import static io.podhop.model.Direction.REPLY;
import static io.podhop.model.Direction.REQUEST;
import static io.podhop.model.PacketKind.SYN;
import static io.podhop.model.PacketKind.SYN_ACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import io.podhop.model.Trace;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTest {
  private static final IpAddress GONE = IpAddress.parse("192.168.33.250");

  private static Scene toService(IpAddress backend) {
    Scene scene =
        new Scene(Shop.web(), Shop.service(), Protocol.TCP)
            .armed(Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0, Shop.A_ETH1)
            .armed(Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD);
    FlowKey client = scene.client();
    FlowKey wire =
        new FlowKey(Protocol.TCP, client.source(), client.sourcePort(), backend, Shop.PORT);
    return scene.wire(wire, "eth1", new Translation.Dnat(client, wire, List.of()));
  }

  private static Trace answered() {
    return StitchedScene.trace(toService(Shop.DB_IP).handshake());
  }

  private static Trace dead() {
    return StitchedScene.trace(
        toService(GONE).pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1));
  }

  @Test
  void over_oneOfTwoBackendsIsDead_saysWhich() {
    Verdict verdict = Judge.over(List.of(answered(), dead(), answered(), dead()));
    assertThat(verdict.id().standing()).isEqualTo(Verdict.Standing.FAILED);
    assertThat(verdict.cause())
        .startsWith("1 of 2 backends dead")
        .contains("192.168.33.250 answered 0 of 2 connections")
        .contains("192.168.33.7 answered 2 of 2 connections");
    assertThat(verdict.advice()).isEqualTo(Advice.BACKEND);
  }

  @Test
  void over_allToOneDeadBackend_isTheWorst() {
    assertThat(Judge.over(List.of(dead(), dead()))).isEqualTo(dead().verdict());
  }

  @Test
  void over_theSameWayLosesSomeAndNotOthers_isRandomLossAndLocated() {
    Trace lost =
        StitchedScene.trace(
            Scene.webToDb().pass(REQUEST, SYN, 0, 2, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1));
    Trace again =
        StitchedScene.trace(
            Scene.webToDb()
                .pass(REQUEST, SYN, 0, 2, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1)
                .pass(REQUEST, SYN, 30, 1, Shop.B_ETH0, Shop.DB_VETH, Shop.DB_POD)
                .pass(REPLY, SYN_ACK, 100, Scene.back()));
    Verdict verdict = Judge.over(List.of(again, lost, again));
    assertThat(verdict.id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(verdict.degraded())
        .contains(
            "random loss: 1 of 3 connections were not answered in time, lost between node-a eth1"
                + " and node-b eth0")
        .anyMatch(l -> l.contains("1 of 2 SYNs lost between node-a eth1 and node-b eth0"));
    assertThat(verdict.cause()).isEqualTo("2 of 3 connections were answered");
  }

  @Test
  void judge_conntrackSendsTheServiceElsewhere_isRecycled() {
    Verdict verdict = dead().verdict();
    assertThat(verdict.id()).isEqualTo(Verdict.Id.RECYCLED_ADDRESS);
    assertThat(verdict.cause())
        .contains("192.168.33.250")
        .contains("no endpoint of service shop/db");
  }
}

package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NativeTableParserTest {
  @Test
  void parse_tableOfTheCni_matchesTargetsCountersAndNumbers() {
    Ruleset table = NativeTableParser.parse(RuleSets.NATIVE);

    List<Rule> hook = table.chain("aws-cni", "nat-prerouting").orElseThrow().rules();
    assertThat(hook.getFirst().matches())
        .containsExactly(new Match.AddressType(false, Set.of("LOCAL"), false, Match.Limit.NONE));
    assertThat(hook.getFirst().target()).isEqualTo(new Target.Return());
    assertThat(hook.get(1).matches()).containsExactly(new Match.InInterface("eni+", false));
    assertThat(hook.get(1).target()).isEqualTo(new Target.Jump("snat-mark", true));
    assertThat(hook.get(1).packets()).isEqualTo(3);
    assertThat(hook.get(2).target()).isEqualTo(new Target.RestoreMark(-1, 0x80));
    List<Rule> mark = table.chain("aws-cni", "snat-mark").orElseThrow().rules();
    assertThat(mark.getFirst().cite()).hasToString("snat-mark #1 ip daddr 10.1.0.0/16 return");
    assertThat(mark.get(1).target()).isEqualTo(new Target.SetConnectionMark(0x80, 0x80));
    assertThat(table.unparsed()).isEmpty();
  }

  @Test
  void parse_olderSpellingHandlesSetsAndComments_sameMeaning() {
    Ruleset table =
        NativeTableParser.parse(
            """
            table ip aws-cni { # handle 1
            	chain snat-mark { # handle 2
            		ip daddr { 10.0.0.0/8, 172.16.0.0/12 } return # handle 8
            		ct mark set ct mark or 0x80 comment "x y" # handle 9
            		tcp dport 80 return
            	}
            }
            """);

    List<Rule> rules = table.chain("aws-cni", "snat-mark").orElseThrow().rules();
    assertThat(rules).extracting(Rule::number).containsExactly(1, 1, 2, 3);
    assertThat(rules.get(2).target()).isEqualTo(new Target.SetConnectionMark(0x80, 0x80));
    assertThat(rules.get(3).matches())
        .containsExactly(new Match.UnknownMatch("tcp dport 80 return"));
  }

  @Test
  void parse_mutated_neverThrows() {
    Random random = new Random(23);
    for (int i = 0; i < 2000; i++) {
      int at = random.nextInt(RuleSets.NATIVE.length());
      int to = Math.min(RuleSets.NATIVE.length(), at + random.nextInt(10));
      String damaged =
          RuleSets.NATIVE.substring(0, at)
              + (char) random.nextInt(1, 200)
              + RuleSets.NATIVE.substring(to);
      assertThat(NativeTableParser.parse(damaged)).isNotNull();
      ConntrackText.parse(damaged.substring(at));
    }
  }
}

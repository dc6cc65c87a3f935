package io.podhop.cli.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Citation;
import io.podhop.model.Citation.Source;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WhyTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          nat/AWS-CHAIN | -j CONNMARK --set-xmark 0x80/0x80 | mark 0x80: AWS-CHAIN #2
          nat/PREROUTING | -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80 | mark of the connection: PREROUTING #2
          filter/KUBE-FORWARD | -m conntrack --ctstate NEW -j ACCEPT | accepted: KUBE-FORWARD #2 -m conntrack --ctstate NEW
          nat/AWS-CONNMARK-CHAIN-0 | -d 10.1.0.0/16 -j RETURN | no mark: AWS-CONNMARK-CHAIN-0 #2 -d 10.1.0.0/16
          nat/AWS-SNAT-CHAIN-0 | -d 10.1.0.0/16 -j RETURN | no SNAT: AWS-SNAT-CHAIN-0 #2 -d 10.1.0.0/16
          nat/AWS-SNAT-CHAIN-0 | -j SNAT --to-source 10.1.0.9 --random-fully | SNAT to 10.1.0.9: AWS-SNAT-CHAIN-0 #2
          """)
  void of_ruleOfAChain_whatItDidInFewWords(String place, String text, String expected) {
    Citation rule = new Citation(Source.IPTABLES, place, 2, text);

    assertThat(new WhyText(new Style(true, false, false)).of(List.of(rule))).isEqualTo(expected);
  }
}

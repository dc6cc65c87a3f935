package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapabilitiesTest {
  @Test
  void missing_someBits_namesTheOthers() throws IOException {
    assertThat(Capabilities.missingIn(List.of("Name:\tjava", "CapEff:\t000001ffffffffff")))
        .isEmpty();
    assertThat(Capabilities.missingIn(List.of("CapEff:\t0000000000003000")))
        .containsExactly("CAP_SYS_ADMIN", "CAP_SYS_PTRACE");
    assertThat(Capabilities.missingIn(List.of("CapEff:\t0000000000000000"))).hasSize(4);
  }

  @Test
  void missing_noSuchLine_saysSo() {
    assertThatThrownBy(() -> Capabilities.missingIn(List.of("Name:\tjava")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("CapEff");
    assertThatThrownBy(() -> Capabilities.missingIn(List.of("CapEff:\tzz")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("zz");
  }
}

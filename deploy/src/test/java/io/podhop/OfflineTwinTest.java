package io.podhop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.cli.command.Bundles;
import io.podhop.v1.AuditReport;
import io.podhop.v1.AuditResponse;
import io.podhop.v1.ExplainGrpc;
import io.podhop.v1.NodeRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class OfflineTwinTest {
  @TempDir private Path temp;

  @Test
  void open_twoBundles_answersForEach() throws IOException {
    Bundles.Open open = OfflineTwin.open(List.of(bundle("node-1"), bundle("node-2")));
    try {
      AuditResponse response =
          ExplainGrpc.newBlockingStub(open.channel()).auditNodes(NodeRequest.getDefaultInstance());

      assertThat(response.getSilentNodesList()).isEmpty();
      assertThat(response.getReportsList())
          .extracting(AuditReport::getNode)
          .containsExactly("node-1", "node-2");
      assertThat(response.getReports(0).getUncheckedList())
          .anyMatch(text -> text.endsWith(": the node's routes were not read"))
          .anyMatch(text -> text.endsWith(": the node's iptables rules were not read"));
      assertThat(open.notes()).anyMatch(note -> note.startsWith("no sysctls/"));
    } finally {
      open.end().run();
    }
    assertThat(open.channel().isShutdown()).isTrue();
  }

  @Test
  void open_noBundle_saysWhichFile() {
    assertThatThrownBy(() -> OfflineTwin.open(List.of(temp.resolve("none.tgz"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none.tgz")
        .hasMessageContaining("no such file");
  }

  private Path bundle(String node) throws IOException {
    Path bundle = temp.resolve(node);
    Files.createDirectories(bundle.resolve("networking"));
    Files.createDirectories(bundle.resolve("kernel"));
    Files.writeString(bundle.resolve("networking/iprule.txt"), "0:\tfrom all lookup local\n");
    Files.writeString(bundle.resolve("kernel/uname.txt"), "Linux " + node + " 6.1.0 x86_64\n");
    return bundle;
  }
}

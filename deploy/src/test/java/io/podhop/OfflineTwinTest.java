package io.podhop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.cli.command.Bundles;
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

      assertThat(response.getReportsList()).isEmpty();
      assertThat(response.getSilentNodesList())
          .satisfiesExactly(
              first ->
                  assertThat(first)
                      .startsWith("node-1: its bundle has no networking/iproute.txt: where"),
              second ->
                  assertThat(second)
                      .startsWith("node-2: its bundle has no networking/iproute.txt: where"));
      assertThat(open.notes()).anyMatch(note -> note.startsWith("node-2: no sysctls/"));
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

package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

class OwnProcessNicenessTest {
  private static final int PRIO_PROCESS = 0;

  private static int inThread(IntSupplier what) {
    CompletableFuture<Integer> result = new CompletableFuture<>();
    Thread.ofPlatform().start(() -> result.complete(what.getAsInt()));
    return result.join();
  }

  @Test
  void runAsOrdinary_inANiceThread_changesThatThreadAlone() {
    int before = LibC.KERNEL.getpriority(PRIO_PROCESS, 0);
    int changed =
        inThread(
            () -> {
              assertThat(LibC.KERNEL.setpriority(PRIO_PROCESS, 0, 7)).isZero();
              assertThat(LibC.KERNEL.getpriority(PRIO_PROCESS, 0)).isEqualTo(7);
              assertThat(OwnProcess.runAsOrdinary()).isTrue();
              return LibC.KERNEL.getpriority(PRIO_PROCESS, 0);
            });

    assertThat(changed).isZero();
    assertThat(LibC.KERNEL.getpriority(PRIO_PROCESS, 0)).isEqualTo(before);
  }
}

package io.podhop.e2e;

import java.lang.reflect.Field;
import java.util.Arrays;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** After a test that failed: adds what collector and agents wrote to its report. */
final class ClusterLogs implements AfterTestExecutionCallback {
  @Override
  public void afterTestExecution(ExtensionContext context) throws IllegalAccessException {
    if (context.getExecutionException().isEmpty()) {
      return;
    }
    Throwable failure = context.getExecutionException().get();
    for (Field field : Arrays.asList(context.getRequiredTestClass().getDeclaredFields())) {
      if (field.getType() == Cluster.class) {
        field.setAccessible(true);
        Cluster cluster = (Cluster) field.get(null);
        failure.addSuppressed(new AssertionError(cluster.logs()));
      }
    }
  }
}

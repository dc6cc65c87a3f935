package io.podhop.agent.bundle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A directory for temporary files that only this user can enter. It is gone when closed, and at the
 * end of the process at the latest.
 */
final class PrivateDirectory implements AutoCloseable {
  private final Thread atExit = new Thread(this::deleteQuietly, "podhop-bundle-cleanup");
  private @Nullable Path path;
  private int files;

  /** A fresh file name in it. */
  synchronized Path file() throws IOException {
    files++;
    return path().resolve(Integer.toString(files));
  }

  /** A fresh directory in it. */
  synchronized Path directory() throws IOException {
    return Files.createDirectory(file());
  }

  private Path path() throws IOException {
    Path made = path;
    if (made == null) {
      made =
          Files.createTempDirectory(
              "podhop-bundle-",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      path = made;
      Runtime.getRuntime().addShutdownHook(atExit);
    }
    return made;
  }

  /**
   * Removes it with all that is in it.
   *
   * @throws IOException when something of it could not be removed
   */
  @Override
  public synchronized void close() throws IOException {
    if (path == null) {
      return;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The process is ending: the hook runs, and finds nothing any more.
    }
    delete();
  }

  private void deleteQuietly() {
    try {
      delete();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized void delete() throws IOException {
    Path made = path;
    path = null;
    if (made == null) {
      return;
    }
    Files.walkFileTree(
        made,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}

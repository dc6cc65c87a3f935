package io.podhop.agent.capture;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A capture file, pcap (draft-ietf-opsawg-pcap) or pcapng (draft-ietf-opsawg-pcapng), of either
 * byte order, also compressed with gzip. Frames are handed on in place, from large chunks of the
 * file; nothing is allocated per frame. A file that is cut off or damaged gives all before that
 * point.
 */
public final class PcapFile implements PacketSource {
  private static final int GZIP_MAGIC = 0x1f8b;
  private static final int GZIP_BUFFER_BYTES = 64 << 10;

  private final String name;
  private final FileInput input;
  private final FileFormat format;
  private Ending ending = Ending.RUNNING;
  private boolean finished;

  private PcapFile(String name, FileInput input, FileFormat format) {
    this.name = name;
    this.input = input;
    this.format = format;
  }

  /**
   * Opens a file.
   *
   * @param filter pcap-filter(7); empty reads everything
   * @throws CaptureException when it is no capture file, or the filter does not compile
   */
  public static PcapFile open(Path path, String filter) throws CaptureException {
    try {
      return open(path.toString(), Files.newInputStream(path), filter);
    } catch (CaptureException e) {
      throw e;
    } catch (IOException e) {
      throw new CaptureException("cannot read " + path + ": " + reasonOf(e), e);
    }
  }

  /**
   * Reads a capture file from a stream, such as standard input, and closes the stream in the end.
   *
   * @param name for people
   * @throws CaptureException when it is no capture file, or the filter does not compile; the stream
   *     is then closed
   */
  public static PcapFile open(String name, InputStream stream, String filter)
      throws CaptureException {
    FileInput input = new FileInput(stream);
    try {
      FrameFilter frameFilter = FrameFilter.of(filter);
      FileInput plain = isGzip(input) ? unzipped(input) : input;
      return new PcapFile(name, input, formatOf(plain, frameFilter));
    } catch (IOException e) {
      input.close();
      throw new CaptureException("cannot read " + name + ": " + reasonOf(e), e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int poll(FrameHandler handler, int limit) {
    if (ending.reason() != Ending.Reason.RUNNING) {
      return ENDED;
    }
    if (finished) {
      ending = Ending.REMOVED;
      return ENDED;
    }
    long before = format.total();
    try {
      while (format.total() - before < limit) {
        if (!format.next(handler)) {
          ending = Ending.END_OF_FILE;
          break;
        }
      }
    } catch (IOException e) {
      ending = new Ending(Ending.Reason.READ_FAILED, reasonOf(e));
    }
    int count = (int) (format.total() - before);
    return count == 0 && ending.reason() != Ending.Reason.RUNNING ? ENDED : count;
  }

  @Override
  public int selectableFd() {
    return -1;
  }

  /** Has no descriptor. */
  @Override
  public void failed() {}

  @Override
  public boolean patient() {
    return false;
  }

  /** What is not read yet stays unread. */
  @Override
  public void finish() {
    finished = true;
  }

  @Override
  public CaptureStats stats() {
    return new CaptureStats(format.total(), 0, 0);
  }

  /**
   * The interface of the frame that is being handed on: an index into {@link #interfaces}. Those of
   * all sections of a file are numbered through.
   */
  public int interfaceIndex() {
    return format.interfaceIndex();
  }

  /** The interfaces that the file has described so far; a pcap file is one without a name. */
  public List<FileInterface> interfaces() {
    return format.interfaces();
  }

  @Override
  public Ending ending() {
    return ending;
  }

  @Override
  public void close() {
    if (ending.reason() == Ending.Reason.RUNNING) {
      ending = Ending.REMOVED;
    }
    input.close();
  }

  private static boolean isGzip(FileInput input) throws IOException {
    int at = input.tryRequire(2);
    byte[] bytes = input.buffer();
    return at >= 0
        && (Byte.toUnsignedInt(bytes[at]) << 8 | Byte.toUnsignedInt(bytes[at + 1])) == GZIP_MAGIC;
  }

  private static FileInput unzipped(FileInput input) throws IOException {
    return new FileInput(new GZIPInputStream(input.rest(), GZIP_BUFFER_BYTES));
  }

  private static FileFormat formatOf(FileInput input, FrameFilter filter) throws IOException {
    int at = input.tryRequire(4);
    if (at < 0) {
      throw new IOException("the file is empty or shorter than a header");
    }
    int magic = input.intAt(at, false);
    return magic == PcapngFormat.SECTION_HEADER
        ? new PcapngFormat(input, filter)
        : new ClassicFormat(input, filter, magic);
  }

  private static String reasonOf(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "there is no such file";
      case AccessDeniedException _ -> "permission denied";
      case EOFException _ -> "truncated: the compressed data ends early";
      case ZipException _ -> "the compressed data is damaged: " + e.getMessage();
      default -> String.valueOf(e.getMessage());
    };
  }
}

package io.podhop.agent.bundle;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongSupplier;

/** Counts what an archive unpacks to, and stops it when that is too much. */
final class InflationGuard extends FilterInputStream {
  /** A short archive may shrink well without being a bomb. */
  private static final long ALWAYS_ALLOWED_BYTES = 8L << 20;

  private final LongSupplier packed;
  private final BundleLimits limits;
  private long unpacked;

  /** Counts bytes as they are taken from the archive's file. */
  static final class Counted extends FilterInputStream {
    private long count;

    Counted(InputStream in) {
      super(in);
    }

    long count() {
      return count;
    }

    @Override
    public int read() throws IOException {
      int read = super.read();
      count += read < 0 ? 0 : 1;
      return read;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      int read = super.read(into, from, length);
      count += Math.max(read, 0);
      return read;
    }
  }

  InflationGuard(InputStream in, LongSupplier packed, BundleLimits limits) {
    super(in);
    this.packed = packed;
    this.limits = limits;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  @Override
  public int read(byte[] into, int from, int length) throws IOException {
    int read = super.read(into, from, length);
    unpacked += Math.max(read, 0);
    if (unpacked > limits.maxTotalBytes()) {
      throw new BundleException(
          "refused: it unpacks to more than " + limits.maxTotalBytes() + " bytes");
    }
    if (unpacked > ALWAYS_ALLOWED_BYTES && unpacked / limits.maxRatio() > packed.getAsLong()) {
      throw new BundleException(
          "refused: it unpacks to more than " + limits.maxRatio() + " times its size");
    }
    return read;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}

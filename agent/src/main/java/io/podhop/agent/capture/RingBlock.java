package io.podhop.agent.capture;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Hands on the frames of a block of a TPACKET_V3 ring, in place, from a copy of it. A tag that the
 * kernel gives as metadata is put back behind the addresses. Nothing is allocated per frame; a
 * block that contradicts itself loses its other frames, counted.
 *
 * <pre>
 *   struct tpacket_block_desc: 12 num_pkts | 16 offset_to_first_pkt
 *   struct tpacket3_hdr: 0 tp_next_offset | 4 tp_sec | 8 tp_nsec | 12 tp_snaplen | 16 tp_len | 20 tp_status
 *                        | 24 tp_mac (2) | 26 tp_net (2) | 28 rxhash | 32 vlan_tci | 36 vlan_tpid (2)
 *   48 struct sockaddr_ll: 58 sll_pkttype (1)
 * </pre>
 */
final class RingBlock {
  private static final int PACKETS_AT = 12;
  private static final int FIRST_AT = 16;
  private static final int HEADER_BYTES = 68;
  private static final int SECONDS_AT = 4;
  private static final int NANOS_AT = 8;
  private static final int CAPTURED_AT = 12;
  private static final int LENGTH_AT = 16;
  private static final int STATUS_AT = 20;
  private static final int MAC_AT = 24;
  private static final int TAG_AT = 32;
  private static final int TAG_TYPE_AT = 36;
  private static final int PACKET_TYPE_AT = 58;
  private static final int PACKET_OUTGOING = 4;
  private static final int TAG_VALID = 0x10;
  private static final int TAG_TYPE_VALID = 0x40;
  private static final int ETHERTYPE_VLAN = 0x8100;
  private static final int ADDRESSES = 12;
  private static final int TAG_BYTES = 4;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());

  private final byte[] image;
  private final int linkType;
  private final boolean skipOutgoing;
  private int length;
  private int at;
  private int left;
  private long handedOn;
  private long skipped;
  private long damaged;

  /**
   * @param image where blocks are copied to
   * @param skipOutgoing on the loopback, where every packet would be seen twice
   */
  RingBlock(byte[] image, int linkType, boolean skipOutgoing) {
    this.image = image;
    this.linkType = linkType;
    this.skipOutgoing = skipOutgoing;
  }

  byte[] image() {
    return image;
  }

  /** Begins with a new block, of which so many bytes are in the image. */
  void load(int bytes) {
    length = Math.min(bytes, image.length);
    left = 0;
    if (length >= FIRST_AT + 4) {
      left = Math.max(0, intAt(PACKETS_AT));
      at = intAt(FIRST_AT);
    }
  }

  boolean isEmpty() {
    return left == 0;
  }

  /** Frames given to a handler. */
  long handedOn() {
    return handedOn;
  }

  /** Frames that are the second sight of another one. */
  long skipped() {
    return skipped;
  }

  /** Frames lost to contradictions of their block. */
  long damaged() {
    return damaged;
  }

  /** Hands on at most {@code limit} frames, and says how many. */
  int handOn(FrameHandler handler, int limit) {
    int count = 0;
    while (left > 0 && count < limit) {
      int header = at;
      if (!isWhole(header)) {
        damaged += left;
        left = 0;
        return count;
      }
      left--;
      at = header + intAt(header);
      if (skipOutgoing && image[header + PACKET_TYPE_AT] == PACKET_OUTGOING) {
        skipped++;
      } else {
        count++;
        handedOn++;
        frame(handler, header);
      }
    }
    return count;
  }

  /** The header is inside, the frame behind it too, and the next one is not before its end. */
  private boolean isWhole(int header) {
    if (header < 0 || header > length - HEADER_BYTES) {
      return false;
    }
    int mac = macOf(header);
    int captured = intAt(header + CAPTURED_AT);
    int next = intAt(header);
    return mac >= HEADER_BYTES
        && captured >= 0
        && captured <= length - header - mac
        && intAt(header + LENGTH_AT) >= captured
        && (left == 1 || next >= mac + captured && next <= length - header);
  }

  private void frame(FrameHandler handler, int header) {
    int start = header + macOf(header);
    int captured = intAt(header + CAPTURED_AT);
    int wire = intAt(header + LENGTH_AT);
    long timestampNs =
        Integer.toUnsignedLong(intAt(header + SECONDS_AT)) * NANOS_PER_SECOND
            + Integer.toUnsignedLong(intAt(header + NANOS_AT));
    int status = intAt(header + STATUS_AT);
    boolean tagged = (status & TAG_VALID) != 0 && captured >= ADDRESSES;
    if (tagged && linkType == LinkTypes.ETHERNET) {
      insertTag(start, header, status);
      handler.frame(
          linkType, image, start - TAG_BYTES, captured + TAG_BYTES, wire + TAG_BYTES, timestampNs);
    } else {
      handler.frame(linkType, image, start, captured, wire, timestampNs);
    }
  }

  /** The addresses move to the left, over padding and the header's end, which has been read. */
  private void insertTag(int start, int header, int status) {
    int tag = intAt(header + TAG_AT);
    int type =
        (status & TAG_TYPE_VALID) != 0
            ? (short) SHORT.get(image, header + TAG_TYPE_AT)
            : ETHERTYPE_VLAN;
    System.arraycopy(image, start, image, start - TAG_BYTES, ADDRESSES);
    int tagAt = start - TAG_BYTES + ADDRESSES;
    image[tagAt] = (byte) (type >>> 8);
    image[tagAt + 1] = (byte) type;
    image[tagAt + 2] = (byte) (tag >>> 8);
    image[tagAt + 3] = (byte) tag;
  }

  private int macOf(int header) {
    return Short.toUnsignedInt((short) SHORT.get(image, header + MAC_AT));
  }

  private int intAt(int offset) {
    return (int) INT.get(image, offset);
  }
}

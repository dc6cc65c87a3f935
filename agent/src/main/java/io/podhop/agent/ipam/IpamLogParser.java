package io.podhop.agent.ipam;

import java.time.Instant;
import java.util.function.BiConsumer;

/**
 * Lines of ipamd.log or plugin.log to events, for every format generation: seelog text, JSON lines,
 * JSON over several lines, cut lines. One parser per file; not thread-safe.
 */
public final class IpamLogParser {
  private final BiConsumer<IpamEvent, String> events;
  private final LogAssembler assembler = new LogAssembler(this::record);
  private Instant lastAt = Instant.EPOCH;
  private long records;
  private long lines;

  /**
   * @param events takes each event with the message that said it
   */
  public IpamLogParser(BiConsumer<IpamEvent, String> events) {
    this.events = events;
  }

  /** Takes one line without its line end. */
  public void accept(String line) {
    lines++;
    assembler.accept(line);
  }

  /** Ends a record that was begun but not finished: the file was rotated, or nothing follows. */
  public void flush() {
    assembler.flush();
  }

  public long lines() {
    return lines;
  }

  public long records() {
    return records;
  }

  /** Lines of which nothing could be made and that carry no assignment. */
  public long unparsed() {
    return assembler.unreadable();
  }

  /** Lines that continued the record before them. */
  public long continuations() {
    return assembler.continuations();
  }

  private void record(LogRecord entry) {
    records++;
    lastAt = entry.at().orElse(lastAt);
    for (IpamEvent event : MessageParser.parse(lastAt, entry.level(), entry.message())) {
      events.accept(event, entry.message());
    }
  }
}

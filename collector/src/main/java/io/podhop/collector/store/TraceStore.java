package io.podhop.collector.store;

import com.google.protobuf.InvalidProtocolBufferException;
import io.podhop.model.Trace;
import io.podhop.wire.TraceCodec;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Traces by id. Saving the same trace again replaces it. What {@link #save} returned from survives
 * kill -9: the journal is a write-ahead log (SQLite, "Write-Ahead Logging", 2). Thread-safe.
 */
public final class TraceStore implements AutoCloseable {
  /** Traces kept; the oldest go first. */
  static final int MAX_TRACES = 100_000;

  /** How long a trace is kept. */
  static final Duration MAX_AGE = Duration.ofDays(7);

  /** Saves between two sweeps, so that a sweep costs little per save. */
  private static final int SWEEP_EVERY = 256;

  private static final int SHORTEST_PREFIX = 4;

  private final Connection connection;
  private final InstantSource clock;
  private int savesUntilSweep;

  private TraceStore(Connection connection, InstantSource clock) {
    this.connection = connection;
    this.clock = clock;
  }

  /** The store cannot be opened, read or written; the message says which file. */
  public static final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoreException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** What an id or its first digits name. */
  public sealed interface Lookup {
    record Found(Trace trace) implements Lookup {}

    record Unknown() implements Lookup {}

    record Ambiguous(List<String> traceIds) implements Lookup {}

    /** Fewer digits than are worth searching for, or no hex digits. */
    record Malformed() implements Lookup {}
  }

  /**
   * @throws StoreException when the file cannot be opened or is no store
   */
  public static TraceStore open(Path file, InstantSource clock) {
    return open("jdbc:sqlite:" + file.toAbsolutePath(), file.toString(), clock);
  }

  public static TraceStore inMemory(InstantSource clock) {
    return open("jdbc:sqlite::memory:", "memory", clock);
  }

  private static TraceStore open(String url, String name, InstantSource clock) {
    try {
      TraceStore store = new TraceStore(DriverManager.getConnection(url), clock);
      store.prepare();
      return store;
    } catch (SQLException e) {
      throw new StoreException("cannot open the trace store " + name + ": " + e.getMessage(), e);
    }
  }

  private void prepare() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("PRAGMA synchronous=NORMAL");
      statement.execute("PRAGMA busy_timeout=2000");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS trace (id TEXT PRIMARY KEY, start_ns INTEGER NOT NULL,"
              + " saved_ms INTEGER NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL,"
              + " verdict TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID");
      statement.execute("CREATE INDEX IF NOT EXISTS trace_saved ON trace (saved_ms)");
      statement.execute("CREATE INDEX IF NOT EXISTS trace_source ON trace (source, saved_ms)");
      statement.execute(
          "CREATE INDEX IF NOT EXISTS trace_destination ON trace (destination, saved_ms)");
      statement.execute("CREATE INDEX IF NOT EXISTS trace_verdict ON trace (verdict, saved_ms)");
    }
  }

  /**
   * @throws StoreException when the disk is full or the file is gone
   */
  public synchronized void save(Trace trace) {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT OR REPLACE INTO trace VALUES (?,?,?,?,?,?,?)")) {
      insert.setString(1, trace.traceId());
      insert.setLong(2, trace.startNs());
      insert.setLong(3, clock.millis());
      insert.setString(4, trace.source().owner().label());
      insert.setString(5, trace.destination().owner().label());
      insert.setString(6, trace.verdict().id().toString());
      insert.setBytes(7, TraceCodec.encode(trace).toByteArray());
      insert.executeUpdate();
      sweepNowAndThen();
    } catch (SQLException e) {
      throw new StoreException("cannot save a trace: " + e.getMessage(), e);
    }
  }

  private void sweepNowAndThen() throws SQLException {
    if (savesUntilSweep-- <= 0) {
      savesUntilSweep = SWEEP_EVERY;
      sweep(MAX_TRACES);
    }
  }

  /** Drops what is too old, and the oldest of what is too much. */
  synchronized void sweep(int maxTraces) throws SQLException {
    try (PreparedStatement old =
            connection.prepareStatement("DELETE FROM trace WHERE saved_ms < ?");
        PreparedStatement many =
            connection.prepareStatement(
                "DELETE FROM trace WHERE id IN"
                    + " (SELECT id FROM trace ORDER BY saved_ms DESC, id LIMIT -1 OFFSET ?)")) {
      old.setLong(1, clock.millis() - MAX_AGE.toMillis());
      old.executeUpdate();
      many.setInt(1, maxTraces);
      many.executeUpdate();
    }
  }

  /** Finds a trace by its id or by the first digits of it. */
  public synchronized Lookup get(String prefix) {
    if (!prefix.matches("[0-9a-f]{" + SHORTEST_PREFIX + ",32}")) {
      return new Lookup.Malformed();
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT id, body FROM trace WHERE id >= ? AND id < ? ORDER BY id LIMIT 10")) {
      select.setString(1, prefix);
      select.setString(2, prefix + "g");
      return found(select);
    } catch (SQLException | InvalidProtocolBufferException e) {
      throw new StoreException("cannot read a trace: " + e.getMessage(), e);
    }
  }

  private static Lookup found(PreparedStatement select)
      throws SQLException, InvalidProtocolBufferException {
    List<String> ids = new ArrayList<>();
    Optional<Trace> first = Optional.empty();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        ids.add(Objects.requireNonNull(rows.getString(1)));
        if (first.isEmpty()) {
          first = Optional.of(decode(Objects.requireNonNull(rows.getBytes(2))));
        }
      }
    }
    if (ids.size() > 1) {
      return new Lookup.Ambiguous(ids);
    }
    return first.isPresent() ? new Lookup.Found(first.get()) : new Lookup.Unknown();
  }

  /** The traces saved last, newest first. */
  public synchronized List<Trace> list(int limit) {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT body FROM trace ORDER BY saved_ms DESC, start_ns DESC LIMIT ?")) {
      select.setInt(1, limit);
      List<Trace> traces = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          traces.add(decode(Objects.requireNonNull(rows.getBytes(1))));
        }
      }
      return traces;
    } catch (SQLException | InvalidProtocolBufferException e) {
      throw new StoreException("cannot list traces: " + e.getMessage(), e);
    }
  }

  private static Trace decode(byte[] body) throws InvalidProtocolBufferException {
    return TraceCodec.decode(io.podhop.v1.Trace.parseFrom(body));
  }

  @Override
  public synchronized void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new StoreException("cannot close the trace store: " + e.getMessage(), e);
    }
  }
}

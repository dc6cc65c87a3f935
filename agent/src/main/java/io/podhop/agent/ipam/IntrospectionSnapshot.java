package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What ipamd says of itself: its ENIs with their addresses, and the settings in force.
 *
 * @param readAt when it answered; empty when it did not
 * @param stats its own count per network card, at {@code readAt}
 * @param settings {@code /v1/ipamd-env-settings} and {@code /v1/networkutils-env-settings}
 * @param warnings what could not be read, for people
 */
public record IntrospectionSnapshot(
    Optional<Instant> readAt,
    List<EniPool> enis,
    List<PoolStats> stats,
    Map<String, String> settings,
    List<String> warnings) {
  /** ipamd was not asked. */
  public static final IntrospectionSnapshot EMPTY =
      new IntrospectionSnapshot(Optional.empty(), List.of(), List.of(), Map.of(), List.of());

  public IntrospectionSnapshot {
    enis = List.copyOf(enis);
    stats = List.copyOf(stats);
    settings = Map.copyOf(settings);
    warnings = List.copyOf(warnings);
  }

  /**
   * An answer that was saved, as support bundles do.
   *
   * @param enis text of {@code /v1/enis}
   * @param readAt when it was saved
   * @throws IOException when the text is not an answer of any release; the message says why
   */
  public static IntrospectionSnapshot of(String enis, Instant readAt) throws IOException {
    return IntrospectionJson.enis(enis, readAt);
  }

  /** With settings, an answer of {@code /v1/ipamd-env-settings} or its like. */
  public IntrospectionSnapshot withSettings(String text) throws IOException {
    return IntrospectionJson.withSettings(this, text);
  }

  /** For how long a released address is not given out: as set, else as usual. */
  public Duration cooldown() {
    OptionalInt seconds = MessageParser.number(settings.get("IP_COOLDOWN_PERIOD"));
    return seconds.isPresent() ? Duration.ofSeconds(seconds.getAsInt()) : Cooling.USUAL;
  }

  /** The ENI whose secondary addresses or prefixes have the address. */
  public Optional<EniPool> eniOf(IpAddress address) {
    return enis.stream().filter(eni -> eni.blockOf(address).isPresent()).findFirst();
  }

  /** What ipamd's data store says of the address; empty when it does not list it. */
  public Optional<EniPool.Slot> slot(IpAddress address) {
    return enis.stream()
        .flatMap(eni -> eni.blockOf(address).stream())
        .flatMap(block -> block.addresses().stream())
        .filter(slot -> slot.address().equals(address))
        .findFirst();
  }
}

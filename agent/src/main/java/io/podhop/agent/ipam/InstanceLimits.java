package io.podhop.agent.ipam;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * What EC2 allows an instance type.
 *
 * @param maxEnis on all network cards
 * @param ipv4PerEni addresses of one ENI, its own included
 * @param enisOfDefaultCard ENIs of the card that pods' addresses come from
 * @param nitro can have prefixes
 */
public record InstanceLimits(
    String instanceType,
    int maxEnis,
    int ipv4PerEni,
    int networkCards,
    int enisOfDefaultCard,
    boolean nitro) {
  private static final String FILE = "eni-limits.csv";
  private static final int ADDRESSES_PER_PREFIX = 16;

  /** aws-node and kube-proxy use the node's own address. */
  private static final int HOST_NETWORK_PODS = 2;

  /** The limits of a type, {@code m5.large}; empty when the type is newer than the list. */
  public static Optional<InstanceLimits> of(String instanceType) {
    try (InputStream in = InstanceLimits.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is missing in the jar");
      }
      String key = instanceType + ",";
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
          .lines()
          .filter(line -> line.startsWith(key))
          .findFirst()
          .map(InstanceLimits::parse);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InstanceLimits parse(String line) {
    String[] field = line.split(",", -1);
    return new InstanceLimits(
        field[0],
        Integer.parseInt(field[1]),
        Integer.parseInt(field[2]),
        Integer.parseInt(field[3]),
        Integer.parseInt(field[4]),
        field[5].equals("1"));
  }

  /**
   * Pods that can have an address, by the formula that EKS publishes; kubelet may be set to fewer.
   *
   * @param prefixes prefix delegation is on; without effect where it is not supported
   * @param customNetworking the primary ENI gives no addresses
   */
  public int maxPods(boolean prefixes, boolean customNetworking) {
    int enis = customNetworking ? enisOfDefaultCard - 1 : enisOfDefaultCard;
    int perEni = (ipv4PerEni - 1) * (prefixes && nitro ? ADDRESSES_PER_PREFIX : 1);
    return enis * perEni + HOST_NETWORK_PODS;
  }
}

package io.podhop.agent.bundle;

import io.podhop.agent.correlate.Inventory;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.correlate.Reading;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.Sysctls;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.NodeInventory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads a node out of its support bundle, with as much as the bundle holds. */
public final class BundleReader {
  private static final Pattern INSTANCE_ID = Pattern.compile("i-[0-9a-f]{8,17}");
  private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]{0,252}");

  private final BundleArchive archive;
  private final BundleInputs inputs;

  private BundleReader(BundleArchive archive) throws BundleException {
    this.archive = archive;
    this.inputs = new BundleInputs(archive);
  }

  /**
   * Reads a directory, a {@code .tar.gz} or a {@code .tar} in the layout of the EKS log collector.
   *
   * @throws BundleException when it cannot be opened, is refused (see {@link BundleArchive#open}),
   *     or holds no node's state or those of several nodes
   */
  public static BundleNode read(Path bundle) throws BundleException {
    try (BundleArchive archive = BundleArchive.open(bundle)) {
      return node(archive, bundle);
    } catch (BundleException e) {
      throw e;
    } catch (IOException e) {
      throw new BundleException("cannot read bundle " + bundle + ": " + e, e);
    }
  }

  private static BundleNode node(BundleArchive archive, Path bundle) throws IOException {
    try {
      return new BundleReader(archive).node();
    } catch (BundleException e) {
      throw new BundleException("bundle " + bundle + ": " + e.getMessage(), e);
    }
  }

  private BundleNode node() throws IOException {
    if (inputs.names().isEmpty()) {
      throw new BundleException(
          "it holds nothing of a node that podhop could read; a bundle of the EKS log collector has"
              + " networking/iprule.txt and others");
    }
    String name = nodeName();
    Sysctls sysctls = inputs.text(BundleInput.SYSCTLS).map(Sysctls::parse).orElse(Sysctls.NONE);
    RouteSnapshot routes = BundleRoutes.read(inputs).with(sysctls);
    NatSnapshot nat = BundleRules.read(inputs);
    IpamSnapshot ipam = BundleIpam.read(inputs, archive.directory());
    NodeInventory inventory = Inventory.joinFromOutside(name, ipam, routes, nat);
    Reading reading = new Reading(BundleTime.of(archive), inputs.absent());
    return new BundleNode(
        new NodeView(inventory, ipam, routes, nat).with(reading),
        inputs.missing(),
        Stream.concat(inputs.warnings().stream(), inventory.warnings().stream()).toList());
  }

  /** As the kernel has it, which is what EKS names its nodes by unless told otherwise. */
  private String nodeName() {
    Optional<String> host =
        inputs
            .text(BundleInput.UNAME)
            .map(uname -> uname.strip().split("\\s+"))
            .filter(words -> words.length > 1 && words[0].equals("Linux"))
            .map(words -> words[1])
            .filter(word -> HOST_NAME.matcher(word).matches());
    return host.or(this::instanceId).orElse(archive.name());
  }

  private Optional<String> instanceId() {
    return inputs
        .textIfAny(BundleInput.INSTANCE_ID)
        .map(String::strip)
        .filter(id -> INSTANCE_ID.matcher(id).matches());
  }
}

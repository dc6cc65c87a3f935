package io.podhop.agent.ipam;

import io.podhop.model.PodRef;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The name that the VPC CNI plugin gives to the host side of a pod's veth pair. */
public final class VethNames {
  private static final int HASH_CHARACTERS = 11;

  private static final Pattern HOST_VETH = Pattern.compile("[a-z]{1,4}[0-9a-f]{11}");

  private VethNames() {}

  /** Whether an interface has such a name; no ENI, bridge or VLAN interface has. */
  public static boolean isHostVeth(String interfaceName) {
    return HOST_VETH.matcher(interfaceName).matches();
  }

  /**
   * {@code prefix} and the first 11 hex digits of SHA-1 over {@code namespace.name}, as every
   * release of amazon-vpc-cni-k8s does for a pod's first interface.
   *
   * @param prefix AWS_VPC_K8S_CNI_VETHPREFIX, {@code eni} unless configured; {@code vlan} for a
   *     branch-ENI pod in strict mode
   */
  public static String hostVeth(String prefix, PodRef pod) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest((pod.namespace() + "." + pod.name()).getBytes(StandardCharsets.UTF_8));
      return prefix + HexFormat.of().formatHex(digest).substring(0, HASH_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}

package io.podhop.agent.nat;

/** The names and comments by which kube-proxy's and the VPC CNI's rules are known. */
final class RuleNames {
  static final String KUBE_SERVICES = "KUBE-SERVICES";
  static final String KUBE_NODEPORTS = "KUBE-NODEPORTS";
  static final String KUBE_POSTROUTING = "KUBE-POSTROUTING";
  static final String KUBE_MARK_MASQ = "KUBE-MARK-MASQ";
  static final String SNAT_CHAIN = "AWS-SNAT-CHAIN-";
  static final String CONNMARK_CHAIN = "AWS-CONNMARK-CHAIN-";
  static final String NATIVE_TABLE = "aws-cni";
  static final String NATIVE_MARK_CHAIN = "snat-mark";

  private RuleNames() {}

  /** A RETURN that keeps a packet from being translated or marked. */
  static boolean exempts(Rule rule) {
    String chain = rule.place().chain();
    return chain.startsWith("AWS-")
        || chain.startsWith("CNI-")
        || rule.place().backend() == Backend.NATIVE;
  }

  /** Whether the rule explains something to people. */
  static boolean worthCiting(Rule rule) {
    String chain = rule.place().chain();
    if (chain.equals(KUBE_POSTROUTING)) {
      return rule.target() instanceof Target.Masquerade;
    }
    return !chain.equals(KUBE_MARK_MASQ);
  }
}

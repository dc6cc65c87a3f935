package io.podhop.wire;

/**
 * Names of every attribute that podhop's spans carry. The schema file in {@code deploy/schema}
 * documents each, and a test holds the two together. Registered names are those of the
 * OpenTelemetry semantic conventions 1.45.
 */
public final class Schema {
  public static final String SCOPE = "io.podhop";

  /** Resource: the workload on whose behalf a span is made. */
  public static final String SERVICE_NAME = "service.name";

  public static final String SERVICE_NAMESPACE = "service.namespace";
  public static final String NODE_NAME = "k8s.node.name";

  public static final String CLIENT_ADDRESS = "client.address";
  public static final String CLIENT_PORT = "client.port";
  public static final String SERVER_ADDRESS = "server.address";
  public static final String SERVER_PORT = "server.port";
  public static final String SOURCE_ADDRESS = "source.address";
  public static final String SOURCE_PORT = "source.port";
  public static final String DESTINATION_ADDRESS = "destination.address";
  public static final String DESTINATION_PORT = "destination.port";
  public static final String SOURCE_POD = "source.k8s.pod.name";
  public static final String SOURCE_NAMESPACE = "source.k8s.namespace.name";
  public static final String SOURCE_NODE = "source.k8s.node.name";
  public static final String DESTINATION_POD = "destination.k8s.pod.name";
  public static final String DESTINATION_NAMESPACE = "destination.k8s.namespace.name";
  public static final String DESTINATION_NODE = "destination.k8s.node.name";
  public static final String DESTINATION_SERVICE = "destination.k8s.service.name";
  public static final String PEER_SERVICE = "service.peer.name";

  public static final String LOCAL_ADDRESS = "network.local.address";
  public static final String LOCAL_PORT = "network.local.port";
  public static final String PEER_ADDRESS = "network.peer.address";
  public static final String PEER_PORT = "network.peer.port";
  public static final String TRANSPORT = "network.transport";
  public static final String NETWORK_TYPE = "network.type";
  public static final String INTERFACE_NAME = "network.interface.name";
  public static final String ERROR_TYPE = "error.type";

  public static final String IDENTITY = "podhop.identity";
  public static final String SEGMENT = "podhop.segment";
  public static final String POINT_ROLE = "podhop.point.role";
  public static final String POINT_OWNER = "podhop.point.owner";
  public static final String NETNS_INODE = "podhop.point.netns.inode";
  public static final String PACKET = "podhop.packet";
  public static final String DIRECTION = "podhop.direction";
  public static final String COPIES = "podhop.packet.copies";
  public static final String HOP_INDEX = "podhop.hop.index";
  public static final String HOP_SEEN = "podhop.hop.seen";
  public static final String WHY = "podhop.hop.why";
  public static final String COVERAGE_COMPLETE = "podhop.coverage.complete";
  public static final String COVERAGE_RECEIVED = "podhop.coverage.received";
  public static final String COVERAGE_DROPPED = "podhop.coverage.dropped";
  public static final String CLOCK_OFFSET_NS = "podhop.clock.offset_ns";
  public static final String CLOCK_ERROR_NS = "podhop.clock.error_ns";
  public static final String NAT_KIND = "podhop.nat.kind";
  public static final String NAT_BEFORE = "podhop.nat.before";
  public static final String NAT_AFTER = "podhop.nat.after";
  public static final String NAT_EVIDENCE = "podhop.nat.evidence";
  public static final String NAT_CHAIN = "aws.vpc_cni.nat.chain";
  public static final String NAT_RULE_NUMBER = "aws.vpc_cni.nat.rule.number";
  public static final String NAT_RULE = "aws.vpc_cni.nat.rule.text";
  public static final String ROUTE_RULE_PRIORITY = "podhop.route.rule.priority";
  public static final String ROUTE_TABLE = "podhop.route.table";
  public static final String ENI_INTERFACE = "aws.eni.interface";
  public static final String ENI_OWNING = "aws.eni.owning_interface";
  public static final String OWNER_SINCE = "aws.vpc_cni.address.owner_since";
  public static final String RETRANSMITS = "podhop.tcp.syn_retransmits";
  public static final String CAPTURE_MODE = "podhop.capture.mode";
  public static final String INTERVAL = "podhop.interval.number";
  public static final String REQUEST_BYTES = "podhop.request.bytes";
  public static final String REQUEST_PACKETS = "podhop.request.packets";
  public static final String REPLY_BYTES = "podhop.reply.bytes";
  public static final String REPLY_PACKETS = "podhop.reply.packets";
  public static final String TCP_RETRANSMITS = "podhop.tcp.retransmits";
  public static final String TCP_TIMEOUTS = "podhop.tcp.timeouts";
  public static final String TCP_OUT_OF_ORDER = "podhop.tcp.out_of_order";
  public static final String TCP_ZERO_WINDOWS = "podhop.tcp.zero_windows";
  public static final String TCP_UNSEEN = "podhop.tcp.unseen_bytes";
  public static final String TCP_RTT = "podhop.tcp.rtt_ns";
  public static final String TCP_MSS = "podhop.tcp.mss";
  public static final String DNS_QUESTION = "dns.question.name";
  public static final String DNS_RCODE = "podhop.dns.rcode";
  public static final String DNS_QUERIES = "podhop.dns.queries";
  public static final String CLOSED_BY = "podhop.closed_by";
  public static final String VERDICT = "podhop.verdict.id";
  public static final String VERDICT_DEGRADED = "podhop.verdict.degraded";
  public static final String VERDICT_AFTER = "podhop.verdict.last_seen";
  public static final String VERDICT_BEFORE = "podhop.verdict.never_seen";
  public static final String VERDICT_DIRECTION = "podhop.verdict.direction";
  public static final String VERDICT_CAUSE = "podhop.verdict.cause";
  public static final String VERDICT_GRADE = "podhop.verdict.grade";
  public static final String VERDICT_GRADE_REASON = "podhop.verdict.grade_reason";
  public static final String VERDICT_EVIDENCE = "podhop.verdict.evidence";

  /** Of a pod that the CNI adds. */
  public static final String POD_NAME = "k8s.pod.name";

  public static final String POD_NAMESPACE = "k8s.namespace.name";
  public static final String ADD_SANDBOX = "podhop.add.sandbox";
  public static final String ADD_END = "podhop.add.end";
  public static final String ADD_REASON = "podhop.add.reason";
  public static final String ADD_EVIDENCE = "podhop.add.evidence";
  public static final String POD_ADDRESS = "aws.vpc_cni.address";
  public static final String ENI_ID = "aws.eni.id";

  private Schema() {}
}

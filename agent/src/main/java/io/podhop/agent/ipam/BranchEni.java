package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.time.Instant;

/**
 * The branch ENI of a pod with security groups of its own, as the plugin set it up. ipamd neither
 * lists it nor keeps it in its state file.
 *
 * @param address the pod's
 * @param mac the branch ENI's, which its VLAN interface has
 * @param gateway of its subnet; empty when not logged
 * @param enforcingMode {@code strict} or {@code standard}; empty when not logged
 */
public record BranchEni(
    Instant at,
    IpAddress address,
    int vlanId,
    String mac,
    String gateway,
    String enforcingMode,
    Citation evidence) {}

package io.podhop.agent.ipam;

import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import java.time.Instant;
import java.util.Optional;

/**
 * An address or prefix on an ENI, for as long as it was there.
 *
 * @param from when ipamd added it to its data store; empty when that was before the logs begin
 * @param until when it was removed, or its ENI was; empty while it is there
 */
public record EniTenure(
    String eniId, Cidr block, Optional<Instant> from, Optional<Instant> until, Citation evidence) {}

/**
 * Who holds an address, and since when, by the word of the VPC CNI: {@code ipamd.log}, {@code
 * plugin.log} and {@code ipam.json}. Reads files only; yields immutable snapshots.
 */
@NullMarked
package io.podhop.agent.ipam;

import org.jspecify.annotations.NullMarked;

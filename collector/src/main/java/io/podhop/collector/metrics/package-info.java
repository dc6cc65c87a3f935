/** What the collector counts about itself: every loss and every refusal has a name here. */
@NullMarked
package io.podhop.collector.metrics;

import org.jspecify.annotations.NullMarked;

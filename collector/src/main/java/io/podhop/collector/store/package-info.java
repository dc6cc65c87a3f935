/** Recent traces in one SQLite file, or in memory: bounded by count and by age. */
@NullMarked
package io.podhop.collector.store;

import org.jspecify.annotations.NullMarked;

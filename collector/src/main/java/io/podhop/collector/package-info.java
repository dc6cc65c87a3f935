/** The collector: one process per cluster. This package joins its stages. */
@NullMarked
package io.podhop.collector;

import org.jspecify.annotations.NullMarked;

/** The rules of shape that every module's code keeps; each module's test brings its own table. */
@NullMarked
package io.podhop.architecture;

import org.jspecify.annotations.NullMarked;

package io.podhop.agent.bundle;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A file of a bundle.
 *
 * @param name inside the bundle, with slashes: {@code networking/iprule.txt}
 * @param content where its bytes are; never made of the name
 * @param modified when the node last wrote it, as far as the archive or the directory kept that
 * @param tail whether the content is only its end
 */
record BundleFile(String name, Path content, Instant modified, boolean tail) {}

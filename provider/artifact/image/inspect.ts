import type { ImageFacts } from "./facts";
import { readArchive, readLayoutFolder } from "./layout";
import type { ImageReference } from "./reference";
import type { RunOptions } from "./run";
import type { ImageTool } from "./toolNames";
import { findTool, inspectBy } from "./tools/all";

/**
 * Finds out what an image is, without shipping it.
 *
 * @throws ImageError if it does not exist or cannot be read.
 */
export async function inspectImage(
  reference: ImageReference,
  options: RunOptions & { tool?: ImageTool | undefined },
): Promise<ImageFacts> {
  switch (reference.transport) {
    case "oci":
      return readLayoutFolder(reference.path, reference.tag);
    case "oci-archive":
    case "docker-archive":
      return readArchive(reference.path, reference.transport, reference.tag);
    case "docker":
    case "docker-daemon":
      return inspectBy(await findTool(reference.transport, options.tool), reference, options);
  }
}

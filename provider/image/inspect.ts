import type { ImageInfo } from "./info";
import { readArchive, readLayoutFolder } from "./layout";
import type { ImageReference } from "./reference";
import type { RunOptions } from "./runTool";
import type { ImageTool } from "./tools/tool";
import { findTool, inspectWith } from "./tools";

/**
 * Reads an image's digest, platform and labels, without pushing it.
 *
 * @throws ImageError if it does not exist or cannot be read.
 */
export async function inspectImage(
  reference: ImageReference,
  options: RunOptions & { tool?: ImageTool | undefined },
): Promise<ImageInfo> {
  switch (reference.transport) {
    case "oci":
      return readLayoutFolder(reference.path, reference.tag);
    case "oci-archive":
    case "docker-archive":
      return readArchive(reference.path, reference.transport, reference.tag);
    case "docker":
    case "docker-daemon":
      return inspectWith(await findTool(reference.transport, options.tool), reference, options);
  }
}

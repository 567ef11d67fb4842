/** Where an image is, in the notation that skopeo, podman and buildah share. */
export type ImageReference =
  /** A folder in OCI image layout, as `docker buildx build --output type=oci,tar=false` makes it. */
  | { transport: "oci"; path: string; tag?: string }
  /** The same as one tar file. */
  | { transport: "oci-archive"; path: string; tag?: string }
  /** A tar file as `docker save` makes it. */
  | { transport: "docker-archive"; path: string; tag?: string }
  /** An image of the local Docker daemon. */
  | { transport: "docker-daemon"; name: string }
  /** An image in another registry. */
  | { transport: "docker"; name: string };

/** The notations that are understood, for people. */
export const imageNotations =
  "oci:FOLDER[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG], docker-daemon:NAME:TAG, docker://REGISTRY/NAME:TAG";

const repository = /^[a-z0-9][\w.:/@-]*$/i;

/**
 * Reads an image reference.
 *
 * @returns undefined where the text is in none of the {@link imageNotations}.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const separator = text.indexOf(":");
  const transport = text.slice(0, separator);
  const rest = text.slice(separator + 1);
  switch (transport) {
    case "oci":
    case "oci-archive":
    case "docker-archive": {
      // As skopeo reads it: the path ends at the first colon, a Windows drive's aside.
      const [, path, tag] = /^((?:[A-Za-z]:\\)?[^:]+)(?::(.+))?$/.exec(rest) ?? [];
      return path === undefined
        ? undefined
        : { transport, path, ...(tag !== undefined && { tag }) };
    }
    case "docker-daemon":
      return repository.test(rest) && /[:@]/.test(rest) ? { transport, name: rest } : undefined;
    case "docker": {
      const name = rest.replace(/^\/\//, "");
      return rest.startsWith("//") && repository.test(name) ? { transport, name } : undefined;
    }
    default:
      return undefined;
  }
}

/** The reference as skopeo takes it. */
export function formatImageReference(reference: ImageReference): string {
  switch (reference.transport) {
    case "docker":
      return `docker://${reference.name}`;
    case "docker-daemon":
      return `docker-daemon:${reference.name}`;
    default: {
      const { transport, path, tag } = reference;
      return `${transport}:${path}${tag === undefined ? "" : `:${tag}`}`;
    }
  }
}

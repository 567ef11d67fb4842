/** Where an image is, in the notation that skopeo, podman and buildah share. */
export type ImageReference =
  /** A folder in OCI image layout: `docker buildx build --output type=oci,tar=false`. */
  | { transport: "oci"; path: string; tag?: string }
  /** The same as one tar file. */
  | { transport: "oci-archive"; path: string; tag?: string }
  /** A tar file as `docker save` makes it. */
  | { transport: "docker-archive"; path: string; tag?: string }
  /** An image of the local Docker daemon. */
  | { transport: "docker-daemon"; name: string }
  /** An image in another registry. */
  | { transport: "docker"; name: string };

/** The notations that are supported, for messages. */
export const imageNotations =
  "oci:FOLDER[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG], docker-daemon:NAME:TAG, docker://REGISTRY/NAME:TAG";

const repository = /^[a-z0-9][\w.:/@-]*$/i;

/**
 * Parses an image reference.
 *
 * @returns undefined if the text has none of the {@link imageNotations}.
 */
export function parseImageReference(text: string): ImageReference | undefined {
  const separator = text.indexOf(":");
  const transport = text.slice(0, separator);
  const rest = text.slice(separator + 1);
  switch (transport) {
    case "oci":
    case "oci-archive":
    case "docker-archive": {
      // As in skopeo: the path ends at the first colon, except that of a Windows drive.
      const [, path, tag] = /^((?:[A-Za-z]:\\)?[^:]+)(?::(.+))?$/.exec(rest) ?? [];
      return path === undefined
        ? undefined
        : { transport, path, ...(tag !== undefined && { tag }) };
    }
    case "docker-daemon":
      return repository.test(rest) && /[:@]/.test(rest)
        ? { transport, name: withoutRedundantTag(rest) }
        : undefined;
    case "docker": {
      const name = rest.replace(/^\/\//, "");
      return rest.startsWith("//") && repository.test(name)
        ? { transport, name: withoutRedundantTag(name) }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** `NAME@DIGEST` for `NAME:TAG@DIGEST`: the digest decides, and skopeo rejects both together. */
function withoutRedundantTag(name: string): string {
  return name.replace(/:[^/@]*@/g, "@");
}

/** The reference in skopeo's notation. */
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

/**
 * A tool's output without the image's name, which may come from a secret input. Tools write it in
 * their own forms, with or without the registry's address.
 */
export function withoutReference(output: string, reference: ImageReference): string {
  const { names, tag } = namesOf(reference);
  const patterns = names.filter((name) => name !== "").map(escapeForPattern);
  const place = String.raw`(?:[\w-]+:(?://)?)?(?:[\w.:-]+/)*`;
  const rest = String.raw`(?:/(?:manifests|blobs|tags)/(?:sha256:)?[^\s":]+)?(?::[\w./:-]*\w)?(?:@sha256:[0-9a-f]+)?`;
  const named = new RegExp(String.raw`(?<!\w)${place}(?:${patterns.join("|")})(?!\w)${rest}`, "g");
  const text = output.replaceAll(named, theImage);
  return tag === undefined ? text : text.replaceAll(`"${tag}"`, theImage);
}

const theImage = "the image";

function namesOf(reference: ImageReference): { names: string[]; tag?: string | undefined } {
  if ("path" in reference) return { names: [reference.path], tag: reference.tag };
  const [name = "", digest = ""] = reference.name.split("@");
  const repository = name.replace(/:[^:/]*$/, "");
  const inRegistry = repository.replace(/^[^/]*[.:][^/]*\//, "");
  return {
    names: [repository, inRegistry, digest],
    tag: name.slice(repository.length + 1) || undefined,
  };
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

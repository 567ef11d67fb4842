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

/** `NAME@DIGEST` for `NAME:TAG@DIGEST`: the digest decides, and skopeo refuses both together. */
function withoutRedundantTag(name: string): string {
  return name.replace(/:[^/@]*@/g, "@");
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

/**
 * A tool's words without what names the image, which may come from a secret input. Tools name it in
 * forms of their own: with the registry's address, or without it.
 */
export function withoutReference(words: string, reference: ImageReference): string {
  const { names, tag } = namesOf(reference);
  const inWords = names.filter((name) => name !== "").map(escapeForPattern);
  const place = String.raw`(?:[\w-]+:(?://)?)?(?:[\w.:-]+/)*`;
  const rest = String.raw`(?:/(?:manifests|blobs|tags)/(?:sha256:)?[^\s":]+)?(?::[\w./:-]*\w)?(?:@sha256:[0-9a-f]+)?`;
  const named = new RegExp(String.raw`(?<!\w)${place}(?:${inWords.join("|")})(?!\w)${rest}`, "g");
  const text = words.replaceAll(named, theImage);
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

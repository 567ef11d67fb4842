/** The tools that can copy an image to a registry, the preferred one first. */
export const imageTools = ["docker", "skopeo", "crane"] as const;
export type ImageTool = (typeof imageTools)[number];

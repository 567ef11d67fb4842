/** The well-kept tools that can carry an image to a registry. */
export const imageTools = ["skopeo", "crane", "docker"] as const;
export type ImageTool = (typeof imageTools)[number];

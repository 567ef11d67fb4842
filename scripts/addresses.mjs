// Where what is published can be found. The project has no public repository yet: until it has, users
// name a file or a server of their own (docs/languages.md). What is made from these follows by
// `npm run schema` and `npm run sdk`.

/** The server with the plugin's archives, for `pluginDownloadURL` in the SDKs. */
export const pluginServer = undefined;

/** The repository with the sources. */
export const repository = undefined;

/** The Go module of sdk/go. */
export const goModule = "pulumi-astro-deploy/sdk/go";

/** The calls of the engine that the plugin answers, by the names of the protocol. */
export const rpcs = [
  "getPluginInfo",
  "getSchema",
  "attach",
  "checkConfig",
  "diffConfig",
  "configure",
  "check",
  "diff",
  "create",
  "read",
  "update",
  "delete",
  "invoke",
  "cancel",
] as const;

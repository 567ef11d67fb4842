/** A later deploy that put something else in the place of what another one had shipped. */
export interface SupersedingDeploy {
  deployId: string;
  type: string;
  createdAt: string;
  /** Name or id of the user or API token. */
  by?: string;
}

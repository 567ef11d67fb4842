import type { ImageTool } from "../../provider/image/tools/tool";

/**
 * What each cell comes to where the fault hits one call / where it lasts: see `Outcome`. In the order of
 * `scenes` and `disturbances`.
 *
 * - What is not repeated: 307, 401, 403, a pause of an hour, and an upload that is not answered 201.
 *   A 403 that is not in Astro's form may hide an answer of Astro's, which is looked for.
 * - An upload without an answer is given all the time that uploads have here.
 */
export const expected: Readonly<Record<string, string>> = {
  DAGs: `
                 GetDeployment  CreateDeploy  PutBlob      FinalizeDeploy  GetDeploy  GetDeploy again
refused          done/none      done/none     done/kept    done/kept       done/kept  done/kept
reset before     done/none      done/none     done/kept    done/kept       done/kept  done/kept
reset midway     done/none      done/none     done/kept    done/kept       done/kept  done/kept
reset after      done/none      done/done     done/kept    done/done       done/kept  done/kept
timeout before   done/none      done/none     kept/kept    done/kept       done/kept  done/kept
timeout after    done/none      done/done     kept/kept    done/done       done/kept  done/kept
429              done/none      done/none     done/kept    done/kept       done/kept  done/kept
429 seconds      done/none      done/none     done/kept    done/kept       done/kept  done/kept
429 date         done/none      done/none     done/kept    done/kept       done/kept  done/kept
429 an hour      none/none      none/none     kept/kept    kept/kept       kept/kept  kept/kept
500              done/none      done/none     done/kept    done/kept       done/kept  done/kept
500 after        done/none      done/done     done/kept    done/done       done/kept  done/kept
502              done/none      done/none     done/kept    done/kept       done/kept  done/kept
503              done/none      done/none     done/kept    done/kept       done/kept  done/kept
504              done/none      done/none     done/kept    done/kept       done/kept  done/kept
504 after        done/none      done/done     done/kept    done/done       done/kept  done/kept
truncated        done/none      done/done     done/kept    done/done       done/kept  done/kept
html             done/none      done/none     kept/kept    done/kept       done/kept  done/kept
html after       done/none      done/done     kept/kept    done/done       done/kept  done/kept
shape            done/none      done/none     kept/kept    done/kept       done/kept  done/kept
shape after      done/none      done/done     kept/kept    done/done       done/kept  done/kept
trickle          done/none      done/done     done/done    done/done       done/kept  done/kept
307              none/none      none/none     kept/kept    kept/kept       kept/kept  kept/kept
401              none/none      none/none     kept/kept    kept/kept       kept/kept  kept/kept
403              none/none      none/none     kept/kept    kept/kept       kept/kept  kept/kept
403 signature    none/none      none/none     fresh/fresh  kept/kept       kept/kept  kept/kept
403 page         none/none      done/none     kept/kept    done/kept       kept/kept  kept/kept
token expired    none/none      none/none     kept/kept    kept/kept       kept/kept  kept/kept
token revoked    none/none      none/none     kept/kept    kept/kept       kept/kept  kept/kept
reset, -30 h     done/none      done/done     done/kept    done/done       done/kept  done/kept
reset, +30 h     done/none      done/done     done/kept    done/done       done/kept  done/kept
429 date, -30 h  done/none      done/none     done/kept    done/kept       done/kept  done/kept
429 date, +30 h  done/none      done/none     done/kept    done/kept       done/kept  done/kept
`,
  "DAGs, after an answer that was lost": `
                 CreateDeploy, then ListDeploys  FinalizeDeploy, then GetDeploy
refused          done/noted                      done/kept
reset before     done/noted                      done/kept
reset midway     done/noted                      done/kept
reset after      done/noted                      done/kept
timeout before   done/noted                      done/kept
timeout after    done/noted                      done/kept
429              done/noted                      done/kept
429 seconds      done/noted                      done/kept
429 date         done/noted                      done/kept
429 an hour      noted/noted                     kept/kept
500              done/noted                      done/kept
500 after        done/noted                      done/kept
502              done/noted                      done/kept
503              done/noted                      done/kept
504              done/noted                      done/kept
504 after        done/noted                      done/kept
truncated        done/noted                      done/kept
html             done/noted                      done/kept
html after       done/noted                      done/kept
shape            done/noted                      done/kept
shape after      done/noted                      done/kept
trickle          done/noted                      done/kept
307              noted/noted                     kept/kept
401              noted/noted                     kept/kept
403              noted/noted                     kept/kept
403 signature    noted/noted                     kept/kept
403 page         noted/noted                     kept/kept
token expired    noted/noted                     kept/kept
token revoked    noted/noted                     kept/kept
reset, -30 h     done/noted                      done/kept
reset, +30 h     done/noted                      done/kept
429 date, -30 h  done/noted                      done/kept
429 date, +30 h  done/noted                      done/kept
`,
  "DAGs, of a deploy that the `up` before could not finish": `
                 GetDeploy  ListDeploys  GetDeployment  PutBlob
refused          done/kept  done/kept    done/kept      done/kept
reset before     done/kept  done/kept    done/kept      done/kept
reset midway     done/kept  done/kept    done/kept      done/kept
reset after      done/kept  done/kept    done/kept      done/kept
timeout before   done/kept  done/kept    done/kept      kept/kept
timeout after    done/kept  done/kept    done/kept      kept/kept
429              done/kept  done/kept    done/kept      done/kept
429 seconds      done/kept  done/kept    done/kept      done/kept
429 date         done/kept  done/kept    done/kept      done/kept
429 an hour      kept/kept  kept/kept    kept/kept      kept/kept
500              done/kept  done/kept    done/kept      done/kept
500 after        done/kept  done/kept    done/kept      done/kept
502              done/kept  done/kept    done/kept      done/kept
503              done/kept  done/kept    done/kept      done/kept
504              done/kept  done/kept    done/kept      done/kept
504 after        done/kept  done/kept    done/kept      done/kept
truncated        done/kept  done/kept    done/kept      done/kept
html             done/kept  done/kept    done/kept      kept/kept
html after       done/kept  done/kept    done/kept      kept/kept
shape            done/kept  done/kept    done/kept      kept/kept
shape after      done/kept  done/kept    done/kept      kept/kept
trickle          done/kept  done/kept    done/kept      done/done
307              kept/kept  kept/kept    kept/kept      kept/kept
401              kept/kept  kept/kept    kept/kept      kept/kept
403              kept/kept  kept/kept    kept/kept      kept/kept
403 signature    kept/kept  kept/kept    kept/kept      fresh/fresh
403 page         kept/kept  kept/kept    kept/kept      kept/kept
token expired    kept/kept  kept/kept    kept/kept      kept/kept
token revoked    kept/kept  kept/kept    kept/kept      kept/kept
reset, -30 h     done/kept  done/kept    done/kept      done/kept
reset, +30 h     done/kept  done/kept    done/kept      done/kept
429 date, -30 h  done/kept  done/kept    done/kept      done/kept
429 date, +30 h  done/kept  done/kept    done/kept      done/kept
`,
  "DAGs in blocks": `
                 PutBlock     PutBlock again  PutBlockList
refused          done/kept    done/kept       done/kept
reset before     done/kept    done/kept       done/kept
reset midway     done/kept    done/kept       done/kept
reset after      done/kept    done/kept       done/kept
timeout before   kept/kept    kept/kept       kept/kept
timeout after    kept/kept    kept/kept       kept/kept
429              done/kept    done/kept       done/kept
429 seconds      done/kept    done/kept       done/kept
429 date         done/kept    done/kept       done/kept
429 an hour      kept/kept    kept/kept       kept/kept
500              done/kept    done/kept       done/kept
500 after        done/kept    done/kept       done/kept
502              done/kept    done/kept       done/kept
503              done/kept    done/kept       done/kept
504              done/kept    done/kept       done/kept
504 after        done/kept    done/kept       done/kept
truncated        done/kept    done/kept       done/kept
html             kept/kept    kept/kept       kept/kept
html after       kept/kept    kept/kept       kept/kept
shape            kept/kept    kept/kept       kept/kept
shape after      kept/kept    kept/kept       kept/kept
trickle          done/done    done/done       done/done
307              kept/kept    kept/kept       kept/kept
401              kept/kept    kept/kept       kept/kept
403              kept/kept    kept/kept       kept/kept
403 signature    fresh/fresh  fresh/fresh     fresh/fresh
403 page         kept/kept    kept/kept       kept/kept
token expired    kept/kept    kept/kept       kept/kept
token revoked    kept/kept    kept/kept       kept/kept
reset, -30 h     done/kept    done/kept       done/kept
reset, +30 h     done/kept    done/kept       done/kept
429 date, -30 h  done/kept    done/kept       done/kept
429 date, +30 h  done/kept    done/kept       done/kept
`,
  "a bundle": `
                 CreateDeploy  PutBlob      FinalizeDeploy  FinalizeDeploy, slow  GetDeploy
refused          done/none     done/kept    done/kept       done/kept             done/kept
reset before     done/none     done/kept    done/kept       done/kept             done/kept
reset midway     done/none     done/kept    done/kept       done/kept             done/kept
reset after      done/done     done/kept    done/done       done/kept             done/kept
timeout before   done/none     kept/kept    done/kept       done/kept             done/kept
timeout after    done/done     kept/kept    done/done       done/kept             done/kept
429              done/none     done/kept    done/kept       done/kept             done/kept
429 seconds      done/none     done/kept    done/kept       done/kept             done/kept
429 date         done/none     done/kept    done/kept       done/kept             done/kept
429 an hour      none/none     kept/kept    kept/kept       kept/kept             kept/kept
500              done/none     done/kept    done/kept       done/kept             done/kept
500 after        done/done     done/kept    done/done       done/kept             done/kept
502              done/none     done/kept    done/kept       done/kept             done/kept
503              done/none     done/kept    done/kept       done/kept             done/kept
504              done/none     done/kept    done/kept       done/kept             done/kept
504 after        done/done     done/kept    done/done       done/kept             done/kept
truncated        done/done     done/kept    done/done       done/kept             done/kept
html             done/none     kept/kept    done/kept       done/kept             done/kept
html after       done/done     kept/kept    done/done       done/kept             done/kept
shape            done/none     kept/kept    done/kept       done/kept             done/kept
shape after      done/done     kept/kept    done/done       done/kept             done/kept
trickle          done/done     done/done    done/done       done/kept             done/kept
307              none/none     kept/kept    kept/kept       kept/kept             kept/kept
401              none/none     kept/kept    kept/kept       kept/kept             kept/kept
403              none/none     kept/kept    kept/kept       kept/kept             kept/kept
403 signature    none/none     fresh/fresh  kept/kept       kept/kept             kept/kept
403 page         done/none     kept/kept    done/kept       done/kept             kept/kept
token expired    none/none     kept/kept    kept/kept       kept/kept             kept/kept
token revoked    none/none     kept/kept    kept/kept       kept/kept             kept/kept
reset, -30 h     done/done     done/kept    done/done       done/kept             done/kept
reset, +30 h     done/done     done/kept    done/done       done/kept             done/kept
429 date, -30 h  done/none     done/kept    done/kept       done/kept             done/kept
429 date, +30 h  done/none     done/kept    done/kept       done/kept             done/kept
`,
  "a rollback": `
                 GetDeployment  ListDeploys  DeployRollback  DeployRollback, then ListDeploys  GetDeploy
refused          done/none      done/none    done/none       done/noted                        done/kept
reset before     done/none      done/none    none/none       done/noted                        done/kept
reset midway     done/none      done/none    none/none       done/noted                        done/kept
reset after      done/none      done/none    done/done       done/noted                        done/kept
timeout before   done/none      done/none    none/none       done/noted                        done/kept
timeout after    done/none      done/none    done/done       done/noted                        done/kept
429              done/none      done/none    done/none       done/noted                        done/kept
429 seconds      done/none      done/none    done/none       done/noted                        done/kept
429 date         done/none      done/none    done/none       done/noted                        done/kept
429 an hour      none/none      none/none    none/none       noted/noted                       kept/kept
500              done/none      done/none    none/none       done/noted                        done/kept
500 after        done/none      done/none    done/done       done/noted                        done/kept
502              done/none      done/none    none/none       done/noted                        done/kept
503              done/none      done/none    none/none       done/noted                        done/kept
504              done/none      done/none    none/none       done/noted                        done/kept
504 after        done/none      done/none    done/done       done/noted                        done/kept
truncated        done/none      done/none    done/done       done/noted                        done/kept
html             done/none      done/none    none/none       done/noted                        done/kept
html after       done/none      done/none    done/done       done/noted                        done/kept
shape            done/none      done/none    none/none       done/noted                        done/kept
shape after      done/none      done/none    done/done       done/noted                        done/kept
trickle          done/none      done/none    done/done       done/noted                        done/kept
307              none/none      none/none    none/none       noted/noted                       kept/kept
401              none/none      none/none    none/none       noted/noted                       kept/kept
403              none/none      none/none    none/none       noted/noted                       kept/kept
403 signature    none/none      none/none    none/none       noted/noted                       kept/kept
403 page         none/none      none/none    none/none       noted/noted                       kept/kept
token expired    none/none      none/none    none/none       noted/noted                       kept/kept
token revoked    none/none      none/none    none/none       noted/noted                       kept/kept
reset, -30 h     done/none      done/none    done/done       done/noted                        done/kept
reset, +30 h     done/none      done/none    done/done       done/noted                        done/kept
429 date, -30 h  done/none      done/none    done/none       done/noted                        done/kept
429 date, +30 h  done/none      done/none    done/none       done/noted                        done/kept
`,
  "the removal of a bundle": `
                 ListDeploys  CreateDeploy  FinalizeDeploy  GetDeploy
refused          done/kept    done/kept     done/kept       done/kept
reset before     done/kept    kept/kept     done/kept       done/kept
reset midway     done/kept    kept/kept     done/kept       done/kept
reset after      done/kept    kept/kept     done/done       done/kept
timeout before   done/kept    kept/kept     done/kept       done/kept
timeout after    done/kept    kept/kept     done/done       done/kept
429              done/kept    done/kept     done/kept       done/kept
429 seconds      done/kept    done/kept     done/kept       done/kept
429 date         done/kept    done/kept     done/kept       done/kept
429 an hour      kept/kept    kept/kept     kept/kept       kept/kept
500              done/kept    kept/kept     done/kept       done/kept
500 after        done/kept    kept/kept     done/done       done/kept
502              done/kept    kept/kept     done/kept       done/kept
503              done/kept    kept/kept     done/kept       done/kept
504              done/kept    kept/kept     done/kept       done/kept
504 after        done/kept    kept/kept     done/done       done/kept
truncated        done/kept    kept/kept     done/done       done/kept
html             done/kept    kept/kept     done/kept       done/kept
html after       done/kept    kept/kept     done/done       done/kept
shape            done/kept    kept/kept     done/kept       done/kept
shape after      done/kept    kept/kept     done/done       done/kept
trickle          done/kept    kept/kept     done/done       done/kept
307              kept/kept    kept/kept     kept/kept       kept/kept
401              kept/kept    kept/kept     kept/kept       kept/kept
403              kept/kept    kept/kept     kept/kept       kept/kept
403 signature    kept/kept    kept/kept     kept/kept       kept/kept
403 page         kept/kept    kept/kept     done/kept       kept/kept
token expired    kept/kept    kept/kept     kept/kept       kept/kept
token revoked    kept/kept    kept/kept     kept/kept       kept/kept
reset, -30 h     done/kept    kept/kept     done/done       done/kept
reset, +30 h     done/kept    kept/kept     done/done       done/kept
429 date, -30 h  done/kept    done/kept     done/kept       done/kept
429 date, +30 h  done/kept    done/kept     done/kept       done/kept
`,
  "the POST alone": `
                 CreateDeploy
refused          done/none
reset before     done/none
reset midway     done/none
reset after      done/done
timeout before   done/none
timeout after    done/done
429              done/none
429 seconds      done/none
429 date         done/none
429 an hour      none/none
500              done/none
500 after        done/done
502              done/none
503              done/none
504              done/none
504 after        done/done
truncated        done/done
html             done/none
html after       done/done
shape            done/none
shape after      done/done
trickle          done/done
307              none/none
401              none/none
403              none/none
403 signature    none/none
403 page         done/none
token expired    none/none
token revoked    none/none
reset, -30 h     done/done
reset, +30 h     done/done
429 date, -30 h  done/none
429 date, +30 h  done/none
`,
};
/** As above, of a push, by tool: what cannot succeed is not repeated. */
export const expectedOfPush: Readonly<Record<ImageTool, string>> = {
  skopeo: `
                ping  blob POST  blob PATCH  blob PUT  manifest PUT
refused         done/kept  done/kept  done/kept   done/kept  done/kept
reset before    done/kept  done/kept  done/kept   done/kept  done/kept
reset after     done/kept  done/kept  done/kept   done/kept  done/kept
timeout before  kept/kept  kept/kept  kept/kept   kept/kept  kept/kept
timeout after   kept/kept  kept/kept  kept/kept   kept/kept  kept/kept
429             done/kept  done/kept  done/kept   done/kept  done/kept
429 seconds     done/kept  done/kept  done/kept   done/kept  done/kept
500             done/kept  done/kept  done/kept   done/kept  done/kept
502             done/kept  done/kept  done/kept   done/kept  done/kept
503             done/kept  done/kept  done/kept   done/kept  done/kept
504             done/kept  done/kept  done/kept   done/kept  done/kept
truncated       done/done  done/done  done/done   done/done  done/done
html            kept/kept  kept/kept  kept/kept   kept/kept  fresh/fresh
shape           kept/kept  kept/kept  kept/kept   kept/kept  fresh/fresh
trickle         done/done  done/done  done/done   done/done  done/done
401             kept/kept  kept/kept  kept/kept   kept/kept  kept/kept
403             kept/kept  kept/kept  kept/kept   kept/kept  kept/kept
`,
  crane: `
                ping       blob POST  manifest PUT
refused         done/kept  done/kept  done/kept
reset before    done/kept  done/kept  done/kept
reset after     done/kept  done/kept  done/done
timeout before  kept/kept  kept/kept  kept/kept
timeout after   kept/kept  kept/kept  kept/kept
429             done/kept  done/kept  done/kept
429 seconds     done/kept  done/kept  done/kept
500             done/kept  done/kept  done/kept
502             done/kept  done/kept  done/kept
503             done/kept  done/kept  done/kept
504             done/kept  done/kept  done/kept
truncated       done/done  done/done  done/done
html            done/done  kept/kept  kept/kept
shape           done/done  kept/kept  kept/kept
trickle         kept/kept  done/done  done/done
401             done/done  kept/kept  kept/kept
403             kept/kept  kept/kept  kept/kept
`,
  docker: `
                ping  blob POST  manifest PUT
refused         done/kept  done/kept  done/kept
reset before    done/kept  done/kept  done/kept
reset after     done/kept  done/kept  done/kept
timeout before  kept/kept  kept/kept  kept/kept
timeout after   kept/kept  kept/kept  kept/kept
429             done/kept  done/kept  done/kept
429 seconds     done/kept  done/kept  done/kept
500             done/kept  done/kept  done/kept
502             done/kept  done/kept  done/kept
503             done/kept  done/kept  done/kept
504             done/kept  done/kept  done/kept
truncated       done/done  done/done  done/done
html            kept/kept  kept/kept  fresh/fresh
shape           kept/kept  kept/kept  fresh/fresh
trickle         done/done  done/done  done/done
401             kept/kept  kept/kept  kept/kept
403             kept/kept  kept/kept  kept/kept
`,
};

// Reads types and their TSDoc from the sources in provider/, as parts of a Pulumi schema.
import { join } from "node:path";
import ts from "typescript";

/** Interfaces that are one type in the schema: a function's result can be a resource's argument. */
const sameType = { GitArgs: "Git", GitRequest: "Git", DeployGit: "Git" };

/** What takes files, in every language: see CONTRIBUTING.md. */
const fileSource = {
  oneOf: [
    { type: "string" },
    { $ref: "pulumi.json#/Archive" },
    {
      type: "object",
      additionalProperties: { oneOf: [{ type: "string" }, { $ref: "pulumi.json#/Asset" }] },
    },
  ],
};

const plainTypes = {
  [ts.SyntaxKind.StringKeyword]: "string",
  [ts.SyntaxKind.NumberKeyword]: "number",
  [ts.SyntaxKind.BooleanKeyword]: "boolean",
};

/** The declarations of some source files, by their names. */
export class Declarations {
  /** The named types that were met on the way, by their names in the schema. */
  types = {};
  #checker;
  #statements = new Map();
  #textOf;

  /** @param textOf - Makes a description of a TSDoc comment. */
  constructor(root, files, textOf) {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const paths = files.map((file) => join(root, file));
    const program = ts.createProgram(paths, { ...options, noEmit: true });
    this.#checker = program.getTypeChecker();
    this.#textOf = textOf;
    for (const path of paths) {
      for (const statement of program.getSourceFile(path).statements) {
        if (statement.name) this.#statements.set(statement.name.text, statement);
      }
    }
  }

  /** The documentation of a class, an interface or a function. */
  describe(name) {
    return this.#textOf(this.#find(name));
  }

  /** The properties of an interface, of a class or of an object type that is made of others. */
  properties(name) {
    const statement = this.#find(name);
    const members = ts.isClassDeclaration(statement)
      ? statement.members.filter(ts.isPropertyDeclaration)
      : this.#checker
          .getPropertiesOfType(this.#checker.getTypeAtLocation(statement))
          .map(({ declarations: [declaration] }) => declaration);
    return this.#specsOf(members);
  }

  #find(name) {
    const found = this.#statements.get(name);
    if (!found) throw new Error(`${name} is not declared in the files that the schema is made of.`);
    return found;
  }

  #specsOf(members) {
    const properties = {};
    const required = [];
    for (const member of members) {
      const { spec, isOptional } = this.#typeOf(member.type);
      const name = member.name.text;
      const description = this.#textOf(member);
      properties[name] = { ...spec, ...(description && { description }) };
      if (!isOptional && !member.questionToken) required.push(name);
    }
    return { properties, required };
  }

  /** Of `T | undefined`, and of what Pulumi wraps around it. */
  #typeOf(node) {
    const parts = ts.isUnionTypeNode(node) ? node.types : [node];
    const types = parts.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
    const isOptional = types.length < parts.length;
    if (types.every((type) => ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal))) {
      return { spec: { type: "string" }, isOptional };
    }
    const [type, another] = types;
    if (another) throw new Error(`The schema has no form for ${node.getText()}.`);
    if (ts.isTypeReferenceNode(type) && /^pulumi\.(In|Out)put$/.test(type.typeName.getText())) {
      const inner = this.#typeOf(type.typeArguments[0]);
      return { spec: inner.spec, isOptional: isOptional || inner.isOptional };
    }
    return { spec: this.#specOf(type), isOptional };
  }

  #specOf(node) {
    const plain = plainTypes[node.kind];
    if (plain) return { type: plain };
    if (ts.isTypeOperatorNode(node)) return this.#specOf(node.type);
    if (ts.isArrayTypeNode(node)) {
      return { type: "array", items: this.#typeOf(node.elementType).spec };
    }
    const name = ts.isTypeReferenceNode(node) ? node.typeName.getText() : "";
    if (name === "FileSource") return fileSource;
    const type = this.#checker.getTypeAtLocation(node);
    if (type.isUnion() && type.types.every((part) => part.isStringLiteral())) {
      return { type: "string" };
    }
    if (type.isClassOrInterface()) return this.#refTo(sameType[name] ?? name, name, type);
    throw new Error(`The schema has no form for ${node.getText()}.`);
  }

  #refTo(schemaName, name, type) {
    // The first that is met has the documentation.
    if (!(schemaName in this.types)) {
      this.types[schemaName] = {};
      const members = this.#checker
        .getPropertiesOfType(type)
        .map(({ declarations: [declaration] }) => declaration);
      const { properties, required } = this.#specsOf(members);
      const [declaration] = type.symbol.declarations;
      const description = this.#textOf(declaration);
      this.types[schemaName] = {
        ...(description && { description }),
        type: "object",
        properties,
        ...(required.length > 0 && { required }),
      };
    }
    return { $ref: `#/types/astro:index:${schemaName}` };
  }
}

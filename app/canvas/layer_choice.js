// @ts-check
/** The defect types there are, and the layer that is painted on. */

import { postDefectType } from "./api.js";
import { IGNORE } from "./painting.js";

/** @typedef {import("./toolbar.js").DefectType} DefectType */

export class LayerChoice {
  constructor() {
    /** @type {DefectType[]} */
    this.types = [];
    /** The name of a defect type; "" is the layer to ignore. */
    this.chosen = "";
    this.isIgnoring = false;
  }

  /** @param {DefectType[]} types never empty */
  set(types) {
    this.types = types;
    const isKnown = types.some((type) => type.name === this.chosen);
    if (!isKnown && !this.isIgnoring) this.chosen = types[0].name;
  }

  /** @param {string} name */
  choose(name) {
    this.chosen = name;
    this.isIgnoring = name === "";
  }

  /** @param {number} number from 1 @returns {string | undefined} */
  nameOf(number) {
    return this.types[number - 1]?.name;
  }

  /** The layer's name in the painting. */
  get layer() {
    return this.chosen || IGNORE;
  }

  get colours() {
    return new Map(this.types.map(({ name, colour }) => [name, colour]));
  }

  /** Make a new defect type and paint with it. @param {string} name @param {string} author */
  async add(name, author) {
    const answer = await postDefectType(author, name);
    const colour = answer.colour ?? answer.defect_type?.colour ?? "#e5484d";
    this.types = [...this.types.filter((type) => type.name !== name), { name, colour }];
    this.choose(name);
  }
}

/** Stand-in for `@std/testing/bdd` where JSR cannot be reached. Deno has these names built in. */
export {
  after as afterAll,
  afterEach,
  before as beforeAll,
  beforeEach,
  describe,
  it,
} from "node:test";

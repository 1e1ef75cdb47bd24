/*
 * The source of both workers of a thread: they share most of what they are made of, and the
 * package carries it once. Which of them a thread is, its start says.
 */
import "./worker.ts";
import "./user_worker.ts";

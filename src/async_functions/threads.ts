/*
 * The program of both worker threads of entry ".": they share most of what they are made of, and
 * the package carries it once. Which of them a thread is, its start says.
 */
import "../sync/io_thread.ts";
import "./worker.ts";

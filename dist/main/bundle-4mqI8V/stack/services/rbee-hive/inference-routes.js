import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { parseTask, readTaskId, TASK_ID_HEADER } from "../shared/task.js";
import { answerEvents, answerJson } from "./answers.js";
/** `POST /v1/inference`, and `GET /v1/jobs/completed`: one id per line, as far back as the list is kept. */
export function addInferenceRoutes(server, jobs, completedFile) {
    server.post('/v1/inference', async (request, reply) => {
        const task = parseTask(request.body);
        const id = readTaskId(request.headers[TASK_ID_HEADER]) ?? randomUUID();
        const job = jobs.submit(id, task);
        if (task.stream)
            await answerEvents(job, reply);
        else
            await answerJson(job, reply);
    });
    server.get('/v1/jobs/completed', (_request, reply) => reply.type('text/plain').send(createReadStream(completedFile)));
}

import torch
from torchdata.nodes import Batcher, IterableWrapper, Loader, Mapper, Prefetcher, SamplerWrapper
from torchdata.stateful_dataloader import StatefulDataLoader
from torchdata.stateful_dataloader.sampler import RandomSampler

torch.manual_seed(0)
data = torch.arange(20).float()
loader = StatefulDataLoader(data, batch_size=4, sampler=RandomSampler(data, generator=torch.Generator().manual_seed(3)))
batches = iter(loader)
print(next(batches).tolist(), next(batches).tolist())
state = loader.state_dict()
rest = [batch.tolist() for batch in batches]
print(rest)
again = StatefulDataLoader(data, batch_size=4, sampler=RandomSampler(data, generator=torch.Generator().manual_seed(3)))
again.load_state_dict(state)
print([batch.tolist() for batch in again] == rest)
workers = StatefulDataLoader(data, batch_size=4, num_workers=2)
print([batch.sum().item() for batch in workers])
node = Prefetcher(Batcher(Mapper(IterableWrapper(range(10)), lambda i: i * i), batch_size=3), prefetch_factor=2)
print(list(Loader(node)), SamplerWrapper.__name__)
